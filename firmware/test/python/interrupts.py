"""The stack space that interrupts need."""

# Bytes that an interrupt needs at any depth: registers, alignment, and what its
# handler saves.
INTERRUPT = 64
