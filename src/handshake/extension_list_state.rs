//! Where in a list of extensions its reader is.

/// Where in a list of extensions its reader is. On a small machine, each rule of the grammar is for states in a row.
#[derive(Clone, Copy, Debug, Eq, PartialEq, PartialOrd)]
pub(super) enum ListState {
    BeforeElement,
    Name,
    /// After the name or a parameter: `;` or `,` or the end of the line comes.
    AfterPart,
    Value,
    /// After a quoted value.
    AfterQuoted,
    Parameter,
    /// After the name of a parameter and white space: `=` may come, too.
    AfterParameter,
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
}

impl ListState {
    /// Returns whether a token may begin or continue here.
    pub(super) const fn may_be_token(self) -> bool {
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
