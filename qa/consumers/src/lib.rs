//! Nothing here: the consumers are the tests.
