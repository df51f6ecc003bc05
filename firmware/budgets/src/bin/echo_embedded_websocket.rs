//! `echo` with embedded-websocket and httparse, with the checks that they have.
#![no_std]
#![no_main]

use embedded_websocket::{
    EmptyRng, WebSocketCloseStatusCode, WebSocketReceiveMessageType, WebSocketSendMessageType, WebSocketServer,
    read_http_header,
};
use upframe_budgets::{fill, random, write};

#[upframe_budgets::entry]
fn main() -> ! {
    random(&mut [0; 4]);
    loop {
        serve();
    }
}

fn serve() {
    let (mut buf, mut out) = ([0; 512], [0; 512]);
    let mut len = 0;
    let mut socket = WebSocketServer::new_server();
    loop {
        if !fill(&mut buf, &mut len) {
            return;
        }
        let came = buf.get(..len).unwrap_or_default();
        let mut headers = [httparse::EMPTY_HEADER; 16];
        let mut request = httparse::Request::new(&mut headers);
        let taken = match request.parse(came) {
            Ok(httparse::Status::Complete(taken)) => taken,
            Ok(httparse::Status::Partial) => continue,
            Err(_) => return write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"),
        };
        let fields = request.headers.iter().map(|field| (field.name, field.value));
        let Ok(Some(context)) = read_http_header(fields) else {
            return write(b"HTTP/1.1 426 Upgrade Required\r\nUpgrade: websocket\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        };
        let subprotocol = context.sec_websocket_protocol_list.iter().find(|name| name.as_str() == "chat");
        let Ok(n) = socket.server_accept(&context.sec_websocket_key, subprotocol, &mut out) else { return };
        write(out.get(..n).unwrap_or_default());
        buf.copy_within(taken..len, 0);
        len -= taken;
        break;
    }
    echo(&mut socket, &mut buf, len, &mut out);
}

fn echo(
    socket: &mut embedded_websocket::WebSocket<EmptyRng, embedded_websocket::Server>,
    buf: &mut [u8],
    mut len: usize,
    out: &mut [u8],
) {
    let mut payload = [0; 512];
    loop {
        let mut start = 0;
        while start < len {
            let result = match socket.read(buf.get(start..len).unwrap_or_default(), &mut payload) {
                Ok(result) => result,
                Err(embedded_websocket::Error::ReadFrameIncomplete) => break,
                Err(_) => {
                    if let Ok(n) = socket.close(WebSocketCloseStatusCode::ProtocolError, None, out) {
                        write(out.get(..n).unwrap_or_default());
                    }
                    return;
                }
            };
            start += result.len_from;
            let kind = match result.message_type {
                WebSocketReceiveMessageType::Text => WebSocketSendMessageType::Text,
                WebSocketReceiveMessageType::Binary => WebSocketSendMessageType::Binary,
                WebSocketReceiveMessageType::Ping => WebSocketSendMessageType::Pong,
                WebSocketReceiveMessageType::CloseMustReply => WebSocketSendMessageType::CloseReply,
                WebSocketReceiveMessageType::Pong => continue,
                WebSocketReceiveMessageType::CloseCompleted => return,
            };
            let piece = payload.get(..result.len_to).unwrap_or_default();
            if let Ok(n) = socket.write(kind, result.end_of_message, piece, out) {
                write(out.get(..n).unwrap_or_default());
            }
            if kind == WebSocketSendMessageType::CloseReply {
                return;
            }
        }
        buf.copy_within(start..len, 0);
        len -= start;
        if !fill(buf, &mut len) {
            return;
        }
    }
}
