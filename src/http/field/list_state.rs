//! Where in a comma list its reader is.

/// Where in a list its reader is. Elements are tokens, in some lists with parameters (RFC 6455 §9.1). On a small machine,
/// each rule of the grammar is for states in a row.
#[derive(Clone, Copy, Debug, Eq, PartialEq, PartialOrd)]
#[repr(u8)]
pub(crate) enum ListState {
    /// The first value is 0, so that a new reader is zeros.
    BeforeElement,
    Name,
    /// After the name or a parameter: `;` or `,` or the end of the line comes.
    AfterPart,
    /// After a quoted value.
    AfterQuoted,
    Value,
    /// After the name of a parameter and white space: `=` may come, too.
    AfterParameter,
    Parameter,
    /// After `;`.
    BeforeParameter,
    /// After `=`.
    BeforeValue,
    /// After the quote that begins a value.
    Quote,
    /// In a quoted value.
    Quoted,
    /// After a backslash.
    Escaped,
    /// In an element that does not follow the grammar. Only lists without parameters are read on after it.
    #[cfg_attr(not(upframe_small), expect(dead_code, reason = "only small machines read all lists by one grammar"))]
    Invalid,
}

impl ListState {
    /// Returns whether a token may begin or continue here.
    #[cfg(not(upframe_small))]
    pub(crate) const fn may_be_token(self) -> bool {
        matches!(
            self,
            Self::BeforeElement
                | Self::Name
                | Self::BeforeParameter
                | Self::Parameter
                | Self::BeforeValue
                | Self::Value
        )
    }
}
