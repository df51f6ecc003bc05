# Part of `run`: WebSockets in HTTP/3 (RFC 9220), both ends against a library.

part_http3() {
    python_packages
    cargo build --quiet --manifest-path "$here/programs/Cargo.toml" --target-dir "$target"
    export DRIVER_ECHO=$target/debug/driver_echo
    certificate
    start http3 "$DRIVER_ECHO" --driver http3 --role server --deflate --cert "$DRIVER_CERT" --key "$DRIVER_KEY"
    export HTTP3_ADDRESS=$address
    drive "$python" "$here/python/http3_clients.py"
    drive "$python" "$here/python/http3_servers.py"
}
