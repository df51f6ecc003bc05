//! Reads a head byte by byte, as described in RFC 9112 §2 to §5.

use upframe::http::HeadViolation;

/// A head with all pieces joined: start line, fields, and how it ended.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Read {
    pub method: Vec<u8>,
    pub target: Vec<u8>,
    pub minor: Option<u8>,
    pub status: Option<u16>,
    pub reason: Vec<u8>,
    pub fields: Vec<(Vec<u8>, Vec<u8>)>,
    pub end: Option<Result<(), HeadViolation>>,
    /// The length of the head; of an invalid one, the number of bytes before the invalid byte.
    pub taken: usize,
}

pub fn tchar(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

fn value_byte(byte: u8) -> bool {
    byte == b'\t' || byte == b' ' || byte.is_ascii_graphic() || byte >= 0x80
}

/// Reads a whole head within limits of bytes and of fields. A head that is cut short has no end.
pub fn naive(wire: &[u8], response: bool, limits: (usize, usize)) -> Read {
    use HeadViolation::*;
    struct Twin<'w> {
        wire: &'w [u8],
        at: usize,
        limit: usize,
        /// Whether a byte beyond the limit is one of the request line.
        in_request_line: bool,
    }
    /// `None`: the input ends here.
    type Stop = Option<HeadViolation>;
    impl Twin<'_> {
        fn peek(&self) -> Result<u8, Stop> {
            let byte = *self.wire.get(self.at).ok_or(None)?;
            match self.at >= self.limit {
                true if self.in_request_line => Err(Some(RequestLineTooLong)),
                true => Err(Some(TooManyBytes)),
                false => Ok(byte),
            }
        }
        fn expect(&mut self, byte: u8, violation: HeadViolation) -> Result<(), Stop> {
            if self.peek()? != byte {
                return Err(Some(violation));
            }
            self.at += 1;
            Ok(())
        }
        fn run(&mut self, to: &mut Vec<u8>, allowed: fn(u8) -> bool) -> Result<(), Stop> {
            while allowed(self.peek()?) {
                to.push(self.wire[self.at]);
                self.at += 1;
            }
            Ok(())
        }
        fn version(&mut self) -> Result<u8, Stop> {
            for byte in *b"HTTP/" {
                self.expect(byte, Version)?;
            }
            match self.peek()? {
                b'1' => self.at += 1,
                b'0'..=b'9' => return Err(Some(MajorVersion)),
                _ => return Err(Some(Version)),
            }
            self.expect(b'.', Version)?;
            let minor = self.peek()?;
            if !minor.is_ascii_digit() {
                return Err(Some(Version));
            }
            self.at += 1;
            Ok(minor - b'0')
        }
        fn line_end(&mut self) -> Result<(), Stop> {
            self.expect(b'\r', LineEnd)?;
            self.expect(b'\n', LineEnd)
        }
        fn read(&mut self, read: &mut Read, response: bool, max_fields: usize) -> Result<(), Stop> {
            if response {
                read.minor = Some(self.version()?);
                self.expect(b' ', Status)?;
                let mut status = 0;
                for i in 0..3 {
                    let digit = self.peek()?;
                    if !digit.is_ascii_digit() || (i == 0 && digit == b'0') {
                        return Err(Some(Status));
                    }
                    status = status * 10 + u16::from(digit - b'0');
                    self.at += 1;
                }
                read.status = Some(status);
                match self.peek()? {
                    b' ' => self.at += 1,
                    b'\r' => {}
                    _ => return Err(Some(Status)),
                }
                self.run(&mut read.reason, value_byte)?;
                match self.peek()? {
                    b'\r' | b'\n' => self.line_end()?,
                    _ => return Err(Some(Reason)),
                }
            } else {
                while matches!(self.peek()?, b'\r' | b'\n') {
                    self.line_end()?;
                }
                if tchar(self.peek()?) {
                    self.in_request_line = true;
                }
                self.run(&mut read.method, tchar)?;
                if read.method.is_empty() {
                    return Err(Some(Method));
                }
                self.expect(b' ', Method)?;
                self.run(&mut read.target, |byte| byte.is_ascii_graphic() && byte != b'#')?;
                if read.target.is_empty() {
                    return Err(Some(Target));
                }
                self.expect(b' ', Target)?;
                read.minor = Some(self.version()?);
                self.line_end()?;
                self.in_request_line = false;
            }
            loop {
                let byte = self.peek()?;
                if matches!(byte, b'\r' | b'\n') {
                    return self.line_end();
                }
                if tchar(byte) && read.fields.len() == max_fields {
                    return Err(Some(TooManyFields));
                }
                if !tchar(byte) {
                    return Err(Some(FieldName));
                }
                read.fields.push((vec![], vec![]));
                let (name, value) = read.fields.last_mut().unwrap();
                self.run(name, tchar)?;
                self.expect(b':', FieldName)?;
                while matches!(self.peek()?, b' ' | b'\t') {
                    self.at += 1;
                }
                self.run(value, value_byte)?;
                match self.peek()? {
                    b'\r' | b'\n' => self.line_end()?,
                    _ => return Err(Some(FieldValue)),
                }
            }
        }
    }
    let mut twin = Twin { wire, at: 0, limit: limits.0, in_request_line: false };
    let mut read = Read::default();
    read.end = match twin.read(&mut read, response, limits.1) {
        Ok(()) => Some(Ok(())),
        Err(None) => None,
        Err(Some(violation)) => Some(Err(violation)),
    };
    read.taken = twin.at;
    read
}
