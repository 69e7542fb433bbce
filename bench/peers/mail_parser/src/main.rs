// SPDX-License-Identifier: Apache-2.0
//! Job A with stalwart's mail-parser: how many messages of an mbox.zst have a From whose domain differs from
//! that of Return-Path. job_mail_parser headers|full FILE; "headers" reads address fields only, the fastest
//! way that the library offers.
use mail_parser::{mailbox::mbox::MessageIterator, HeaderValue, MessageParser};
use std::{env, fs::File, io::BufReader};

fn domain(value: &HeaderValue) -> Option<String> {
    let addr = match value {
        HeaderValue::Address(a) => a.first()?.address.as_ref()?.to_string(),
        HeaderValue::Text(t) => t.trim_matches(|c| c == '<' || c == '>' || c == ' ').to_string(),
        _ => return None,
    };
    addr.rsplit_once('@').map(|(_, d)| d.to_ascii_lowercase())
}

fn main() {
    let args: Vec<String> = env::args().collect();
    let full = args[1] == "full";
    let parser = if full {
        MessageParser::default()
    } else {
        MessageParser::new().with_address_headers()
    };
    let parser = if full { parser } else { parser.header_text("Return-Path") };
    let file = File::open(&args[2]).expect("open");
    let reader = BufReader::with_capacity(1 << 20, zstd::Decoder::new(file).expect("zstd"));
    let (mut messages, mut differ) = (0u64, 0u64);
    for message in MessageIterator::new(reader) {
        let message = message.expect("read");
        messages += 1;
        let parsed = if full {
            parser.parse(message.contents())
        } else {
            parser.parse_headers(message.contents())
        };
        if let Some(m) = parsed {
            let a = m.header("Return-Path").and_then(domain);
            let b = m.header("From").and_then(domain);
            differ += matches!((a, b), (Some(a), Some(b)) if a != b) as u64;
        }
    }
    println!("{messages} {differ}");
}
