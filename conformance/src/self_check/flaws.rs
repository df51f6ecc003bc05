//! The flaws that an implementation can have.

use crate::Role;

/// A flaw to plant in the naive implementation.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Flaw {
    LongerFormsAreTaken,
    TopBitIsIgnored,
    ControlFramesMayBeLong,
    ControlFramesMayBeFragmented,
    PongsAreEmpty,
    PongsAreAnswered,
    OnePongWaitsForTheMessage,
    ReservedBitsAreIgnored,
    ReservedOpcodesAreSkipped,
    EitherMaskBitIsTaken,
    OneMaskingKey,
    MaskIsNotContinued,
    ContinuationsNeedNoStart,
    MessagesMayNest,
    EmptyFragmentsEndTheMessage,
    TextIsNotValidated,
    TextIsValidatedAtItsEnd,
    TextMayEndInsideACodePoint,
    TextIsBinary,
    AnyCloseCode,
    CloseBodyOfOneByte,
    CloseReasonIsNotValidated,
    CloseIsNotAnswered,
    CloseIsAnsweredTwice,
    StreamIsNotEnded,
    FailureIsSilent,
    FailureIsIgnored,
    LateFramesAreEchoed,
    EndOfStreamIsIgnored,
    MessagesMayHave4096Bytes,
    AcceptValueIsConstant,
    AcceptValueIsNotChecked,
    AnyUpgrade,
    AnyStatusOpens,
    AnyVersion,
    AnyHost,
    AnyHostValue,
    AnyTarget,
    AnyLength,
    LongTargetsAreLongFields,
    HeadsHaveBodies,
    RefusedClientsWait,
    ReasonsAreLost,
    OnlyTheLastPingIsAnswered,
    BytesAfterTheHeadAreLost,
    HeadsMustComeWhole,
    InterimResponsesAreFinal,
    AnswerComesEarly,
    BodiesAreFrames,
    RefusalsHaveNoEnd,
    SpeaksBeforeTheResponse,
}

impl Flaw {
    /// Whether the flaw is acceptable, not a failure.
    pub(super) fn is_legal(self) -> bool {
        matches!(
            self,
            Self::LongerFormsAreTaken
                | Self::PongsAreAnswered
                | Self::OnePongWaitsForTheMessage
                | Self::OnlyTheLastPingIsAnswered
                | Self::ReasonsAreLost
                | Self::LongTargetsAreLongFields
                | Self::TextIsValidatedAtItsEnd
                | Self::FailureIsSilent
                | Self::MessagesMayHave4096Bytes
        )
    }
}

/// Each flaw with a role and the beginning of the id of a case that must detect it.
pub(super) const ALL: [(Flaw, Role, &str); 51] = [
    (Flaw::LongerFormsAreTaken, Role::Server, "framing.not-minimal.text.125.16-bits"),
    (Flaw::TopBitIsIgnored, Role::Client, "framing.top-bit.whole-frame"),
    (Flaw::ControlFramesMayBeLong, Role::Server, "control.too-long.ping.126.whole"),
    (Flaw::ControlFramesMayBeFragmented, Role::Client, "control.fragmented.pong"),
    (Flaw::PongsAreEmpty, Role::Server, "control.ping.125.whole"),
    (Flaw::PongsAreAnswered, Role::Client, "control.pong.5"),
    (Flaw::OnePongWaitsForTheMessage, Role::Server, "fragmentation.ping-between.is-answered-at-once"),
    (Flaw::ReservedBitsAreIgnored, Role::Client, "reserved-bits.001.pong"),
    (Flaw::ReservedOpcodesAreSkipped, Role::Server, "opcodes.b.empty"),
    (Flaw::EitherMaskBitIsTaken, Role::Server, "masking.unmasked.text"),
    (Flaw::OneMaskingKey, Role::Client, "masking.fresh-keys"),
    (Flaw::MaskIsNotContinued, Role::Server, "framing.length.126.binary.byte-by-byte"),
    (Flaw::ContinuationsNeedNoStart, Role::Server, "fragmentation.no-start.last.first"),
    (Flaw::MessagesMayNest, Role::Client, "fragmentation.inside.text.text.whole"),
    (Flaw::EmptyFragmentsEndTheMessage, Role::Server, "fragmentation.empty.middle.text.whole"),
    (Flaw::TextIsNotValidated, Role::Server, "utf8.bad.surrogate-D800.whole"),
    (Flaw::TextIsValidatedAtItsEnd, Role::Client, "utf8.bad.FF.fail-fast.by-fragment"),
    (Flaw::TextMayEndInsideACodePoint, Role::Server, "utf8.bad.unfinished-3.fragments.2"),
    (Flaw::TextIsBinary, Role::Client, "framing.length.126.text.whole"),
    (Flaw::AnyCloseCode, Role::Server, "closing.code.1005"),
    (Flaw::CloseBodyOfOneByte, Role::Client, "closing.body.1.03.whole"),
    (Flaw::CloseReasonIsNotValidated, Role::Server, "closing.reason.not-utf8.FF.whole"),
    (Flaw::CloseIsNotAnswered, Role::Server, "closing.clean"),
    (Flaw::CloseIsAnsweredTwice, Role::Client, "closing.then.close.whole"),
    (Flaw::StreamIsNotEnded, Role::Server, "closing.failing.ends-unanswered"),
    (Flaw::FailureIsSilent, Role::Server, "opcodes.3.payload"),
    (Flaw::FailureIsIgnored, Role::Client, "opcodes.3.payload"),
    (Flaw::LateFramesAreEchoed, Role::Server, "closing.then.text.whole"),
    (Flaw::EndOfStreamIsIgnored, Role::Client, "closing.end-of-stream.inside-a-payload"),
    (Flaw::MessagesMayHave4096Bytes, Role::Server, "limits.one-frame.binary.whole"),
    (Flaw::AcceptValueIsConstant, Role::Server, "handshake.request.plain"),
    (Flaw::AcceptValueIsNotChecked, Role::Client, "handshake.response.accept.case"),
    (Flaw::AnyUpgrade, Role::Client, "handshake.response.upgrade.missing"),
    (Flaw::AnyStatusOpens, Role::Client, "handshake.response.status.200"),
    (Flaw::AnyVersion, Role::Server, "handshake.request.version.12"),
    (Flaw::AnyHost, Role::Server, "handshake.request.host.missing"),
    (Flaw::AnyHostValue, Role::Server, "handshake.request.host.two-ports"),
    (Flaw::AnyTarget, Role::Server, "handshake.request.target.no-host"),
    (Flaw::AnyLength, Role::Server, "handshake.request.plain.body.plus"),
    (Flaw::LongTargetsAreLongFields, Role::Server, "handshake.request.large.target"),
    (Flaw::HeadsHaveBodies, Role::Server, "handshake.request.method.HEAD"),
    (Flaw::RefusedClientsWait, Role::Client, "handshake.response.length.plus.200"),
    (Flaw::ReasonsAreLost, Role::Server, "closing.reason.back.ascii.whole"),
    (Flaw::OnlyTheLastPingIsAnswered, Role::Client, "control.ping.ten-then-text"),
    (Flaw::BytesAfterTheHeadAreLost, Role::Client, "handshake.response.frames-after-it.1"),
    (Flaw::HeadsMustComeWhole, Role::Server, "handshake.request.held-back.1"),
    (Flaw::InterimResponsesAreFinal, Role::Client, "handshake.response.interim.100"),
    (Flaw::AnswerComesEarly, Role::Server, "handshake.request.held-back.2"),
    (Flaw::BodiesAreFrames, Role::Server, "handshake.request.body.chunked"),
    (Flaw::RefusalsHaveNoEnd, Role::Server, "handshake.request.host.missing"),
    (Flaw::SpeaksBeforeTheResponse, Role::Client, "handshake.response.request"),
];
