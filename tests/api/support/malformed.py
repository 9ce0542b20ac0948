"""Requests that two readers may read differently, or that nobody can read.

Each is bytes with words in braces for `filled_in`. Whoever takes one for a request would write EVIL
at the start of a section, or at least read it.
"""

PATH = b"/v1/sections/{id}/data"
HOST = b"Host: 127.0.0.1:{port}"
TOKEN = b"Authorization: Bearer {token}"
LENGTH = b"Content-Length: 4"
CHUNKED = b"Transfer-Encoding: chunked"
CHUNKS = b"4\r\nEVIL\r\n0\r\n\r\n"
END = b"\r\n"


def request(line=b"PUT " + PATH + b" HTTP/1.1", *fields, host=HOST, length=LENGTH, body=b"EVIL"):
    lines = [line, *([host] if host is not None else []), TOKEN,
             *([length] if length is not None else []), *fields]
    return END.join(lines) + END + END + body


def with_line(line):
    return request(line)


def with_field(field):
    return request(b"PUT " + PATH + b" HTTP/1.1", field)


def with_length(field):
    return request(length=field)


def with_host(field):
    return request(host=field)


def chunked(body):
    return request(length=CHUNKED, body=body)


LINES = {
    # Blanks.
    "two blanks before the target": b"PUT  " + PATH + b" HTTP/1.1",
    "two blanks before the version": b"PUT " + PATH + b"  HTTP/1.1",
    "a blank after the version": b"PUT " + PATH + b" HTTP/1.1 ",
    "a blank before the method": b" PUT " + PATH + b" HTTP/1.1",
    "a tab before the method": b"\tPUT " + PATH + b" HTTP/1.1",
    "a tab before the target": b"PUT\t" + PATH + b" HTTP/1.1",
    "a tab before the version": b"PUT " + PATH + b"\tHTTP/1.1",
    "a tab after the version": b"PUT " + PATH + b" HTTP/1.1\t",
    "a blank in the target": b"PUT " + PATH + b" x HTTP/1.1",
    "a blank in the version": b"PUT " + PATH + b" HTTP /1.1",
    "a vertical tab before the version": b"PUT " + PATH + b"\x0bHTTP/1.1",
    "a form feed before the version": b"PUT " + PATH + b"\x0cHTTP/1.1",
    "a no-break space before the version": b"PUT " + PATH + b"\xa0HTTP/1.1",
    # Versions.
    "no version": b"PUT " + PATH,
    "no version but a blank": b"PUT " + PATH + b" ",
    "HTTP/0.9": b"PUT " + PATH + b" HTTP/0.9",
    "HTTP/2.0": b"PUT " + PATH + b" HTTP/2.0",
    "HTTP/2": b"PUT " + PATH + b" HTTP/2",
    "HTTP/3.0": b"PUT " + PATH + b" HTTP/3.0",
    "HTTP/9.9": b"PUT " + PATH + b" HTTP/9.9",
    "HTTP/1": b"PUT " + PATH + b" HTTP/1",
    "HTTP/1.": b"PUT " + PATH + b" HTTP/1.",
    "HTTP/.1": b"PUT " + PATH + b" HTTP/.1",
    "HTTP/1.1.1": b"PUT " + PATH + b" HTTP/1.1.1",
    "HTTP/1.10": b"PUT " + PATH + b" HTTP/1.10",
    "HTTP/01.1": b"PUT " + PATH + b" HTTP/01.1",
    "HTTP/11": b"PUT " + PATH + b" HTTP/11",
    "HTTP/1,1": b"PUT " + PATH + b" HTTP/1,1",
    "HTTP/-1.1": b"PUT " + PATH + b" HTTP/-1.1",
    "HTTP/+1.1": b"PUT " + PATH + b" HTTP/+1.1",
    "HTTP/1.x": b"PUT " + PATH + b" HTTP/1.x",
    "http/1.1": b"PUT " + PATH + b" http/1.1",
    "Http/1.1": b"PUT " + PATH + b" Http/1.1",
    "HTTPS/1.1": b"PUT " + PATH + b" HTTPS/1.1",
    "HTTP-1.1": b"PUT " + PATH + b" HTTP-1.1",
    "HTTP 1.1": b"PUT " + PATH + b" HTTP 1.1",
    "a version with a control character": b"PUT " + PATH + b" HTTP/1.1\x01",
    "a version and a NUL": b"PUT " + PATH + b" HTTP/1.1\x00",
    "ICAP/1.0": b"PUT " + PATH + b" ICAP/1.0",
    "RTSP/1.0": b"PUT " + PATH + b" RTSP/1.0",
    "SIP/2.0": b"INVITE " + PATH + b" SIP/2.0",
    # Methods.
    "a method with a bracket": b"P(UT " + PATH + b" HTTP/1.1",
    "a method with a comma": b"PUT, " + PATH + b" HTTP/1.1",
    "a method in quotes": b'"PUT" ' + PATH + b" HTTP/1.1",
    "a method with a slash": b"P/UT " + PATH + b" HTTP/1.1",
    "a method with a colon": b"PUT: " + PATH + b" HTTP/1.1",
    "a method with a NUL": b"PU\x00T " + PATH + b" HTTP/1.1",
    "a method with a control character": b"PUT\x01 " + PATH + b" HTTP/1.1",
    "a method with DEL": b"PUT\x7f " + PATH + b" HTTP/1.1",
    "a method after a byte order mark": b"\xef\xbb\xbfPUT " + PATH + b" HTTP/1.1",
    "a method that is not ASCII": b"P\xc3\x9cT " + PATH + b" HTTP/1.1",
    "no method": PATH + b" HTTP/1.1",
    "no method but a blank": b" " + PATH + b" HTTP/1.1",
    # Targets.
    "no target": b"PUT HTTP/1.1",
    "no target but two blanks": b"PUT  HTTP/1.1",
    "the absolute form of another host": b"PUT http://evil.test" + PATH + b" HTTP/1.1",
    "the absolute form of another port": b"PUT http://127.0.0.1:1" + PATH + b" HTTP/1.1",
    "the absolute form without a host": b"PUT http://" + PATH + b" HTTP/1.1",
    "the absolute form with a user": b"PUT http://evil@127.0.0.1:{port}" + PATH + b" HTTP/1.1",
    "the absolute form of a longer host": b"PUT http://127.0.0.1:{port}.evil.test" + PATH
                                          + b" HTTP/1.1",
    "the absolute form with a backslash": b"PUT http://127.0.0.1:{port}\\" + PATH + b" HTTP/1.1",
    "the absolute form with a fragment": b"PUT http://127.0.0.1:{port}#" + PATH + b" HTTP/1.1",
    "the absolute form without its slashes": b"PUT http:" + PATH + b" HTTP/1.1",
    "the absolute form of another scheme": b"PUT https://127.0.0.1:{port}" + PATH + b" HTTP/1.1",
    "the asterisk": b"PUT * HTTP/1.1",
    "the authority form": b"CONNECT 127.0.0.1:{port} HTTP/1.1",
    "the authority form of PUT": b"PUT 127.0.0.1:{port} HTTP/1.1",
    "a path without its slash": b"PUT v1/sections/{id}/data HTTP/1.1",
    "a path with a backslash first": b"PUT \\v1/sections/{id}/data HTTP/1.1",
    "a query alone": b"PUT ?offset=0 HTTP/1.1",
    "a fragment": b"PUT " + PATH + b"#x HTTP/1.1",
    "a fragment in the query": b"PUT " + PATH + b"?offset=0#x HTTP/1.1",
    "an empty fragment": b"PUT " + PATH + b"# HTTP/1.1",
    "%00 in the path": b"PUT " + PATH + b"%00 HTTP/1.1",
    "%00 in the id": b"PUT /v1/sections/{id}%00/data HTTP/1.1",
    "%00 in the query": b"PUT " + PATH + b"?offset=0%00 HTTP/1.1",
    "a NUL in the path": b"PUT " + PATH + b"\x00 HTTP/1.1",
    "a NUL in the query": b"PUT " + PATH + b"?offset=0\x00 HTTP/1.1",
    "a control character in the path": b"PUT " + PATH + b"\x01 HTTP/1.1",
    "an escape character in the path": b"PUT " + PATH + b"\x1b[2J HTTP/1.1",
    "DEL in the path": b"PUT " + PATH + b"\x7f HTTP/1.1",
    "a tab in the path": b"PUT /v1/sections\t/{id}/data HTTP/1.1",
    "a form feed in the path": b"PUT /v1/sections\x0c/{id}/data HTTP/1.1",
    "a control character in the query": b"PUT " + PATH + b"?offset=\x1f HTTP/1.1",
    "UTF-8 as it is in the path": b"PUT /v1/sections/@\xe6\x88\x91/data HTTP/1.1",
    "latin1 as it is in the query": b"PUT " + PATH + b"?offset=\xe9 HTTP/1.1",
    "a percent sign alone": b"PUT " + PATH + b"% HTTP/1.1",
    "a percent sign and one digit": b"PUT " + PATH + b"%2 HTTP/1.1",
    "a percent sign and no hex": b"PUT " + PATH + b"%zz HTTP/1.1",
    "a percent sign, a sign and a digit": b"PUT " + PATH + b"%+1 HTTP/1.1",
    # Ends of lines.
    "a bare CR in the path": b"PUT " + PATH + b"\rx HTTP/1.1",
    "a bare CR before the version": b"PUT " + PATH + b"\rHTTP/1.1",
    "a bare CR after the version": b"PUT " + PATH + b" HTTP/1.1\rX: y",
    "a bare LF after the version": b"PUT " + PATH + b" HTTP/1.1\nX: y",
    "a bare LF in the path": b"PUT " + PATH + b"\nx HTTP/1.1",
    "two CR after the version": b"PUT " + PATH + b" HTTP/1.1\r",
    "LF and CR": b"PUT " + PATH + b" HTTP/1.1\n\rX: y",
}

LENGTHS = {
    "two lengths": b"Content-Length: 4\r\nContent-Length: 5",
    "the same length twice": b"Content-Length: 4\r\nContent-Length: 4",
    "two lengths, one of them in capitals": b"Content-Length: 4\r\nCONTENT-LENGTH: 0",
    "two lengths apart": b"Content-Length: 0\r\nAccept: */*\r\nContent-Length: 4",
    "a list of lengths": b"Content-Length: 4, 4",
    "a list of other lengths": b"Content-Length: 4, 5",
    "a list that ends with a comma": b"Content-Length: 4,",
    "a plus": b"Content-Length: +4",
    "a minus": b"Content-Length: -4",
    "minus nothing": b"Content-Length: -0",
    "a hex length": b"Content-Length: 0x4",
    "a hex digit": b"Content-Length: a",
    "a fraction": b"Content-Length: 4.0",
    "an exponent": b"Content-Length: 4e0",
    "a length in quotes": b'Content-Length: "4"',
    "a length and a word": b"Content-Length: 4 bytes",
    "a length and a semicolon": b"Content-Length: 4;x",
    "two numbers": b"Content-Length: 4 4",
    "no number": b"Content-Length:",
    "a blank for a number": b"Content-Length:  ",
    "a word": b"Content-Length: four",
    "a digit that is not ASCII": b"Content-Length: \xd9\xa4",
    "a length after a control character": b"Content-Length: \x014",
    "a length after a form feed": b"Content-Length: \x0c4",
    "a length before a NUL": b"Content-Length: 4\x00",
    "2^53": b"Content-Length: 9007199254740992",
    "2^63": b"Content-Length: 9223372036854775808",
    "2^64": b"Content-Length: 18446744073709551616",
    "2^64 and 4": b"Content-Length: 18446744073709551620",
    "2^64-1": b"Content-Length: 18446744073709551615",
    "a hundred digits": b"Content-Length: " + b"9" * 100,
    "a blank before the colon": b"Content-Length : 4",
    "a tab before the colon": b"Content-Length\t: 4",
    "a folded length": b"Content-Length:\r\n 4",
    "a length folded after its digit": b"Content-Length: 4\r\n 4",
    "a length folded in its name": b"Content-Lengt: 4\r\n h",
    "a length in a folded line": b"X: y\r\n Content-Length: 4",
    "a length after a bare LF": b"X: y\nContent-Length: 4",
    "a length after a bare CR": b"X: y\rContent-Length: 4",
    "a length before a bare CR": b"Content-Length: 4\rX: y",
    "both lengths": b"Content-Length: 4\r\nTransfer-Encoding: chunked",
    "both lengths, the other way round": b"Transfer-Encoding: chunked\r\nContent-Length: 4",
    "both lengths, of no bytes": b"Content-Length: 0\r\nTransfer-Encoding: chunked",
    "both lengths and no coding": b"Content-Length: 4\r\nTransfer-Encoding: identity",
    "both lengths and an empty coding": b"Content-Length: 4\r\nTransfer-Encoding:",
    "both lengths, the coding folded": b"Content-Length: 4\r\nTransfer-Encoding:\r\n chunked",
    "both lengths, a blank before the colon": b"Content-Length: 4\r\nTransfer-Encoding : chunked",
    "both lengths after a bare LF": b"Content-Length: 4\r\nX: y\nTransfer-Encoding: chunked",
}

CODINGS = {
    "two codings": b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
    "chunked and identity": b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
    "identity and chunked": b"Transfer-Encoding: identity\r\nTransfer-Encoding: chunked",
    "a list of codings": b"Transfer-Encoding: gzip, chunked",
    "a list with identity": b"Transfer-Encoding: identity, chunked",
    "chunked twice in a list": b"Transfer-Encoding: chunked, chunked",
    "chunked is not the last": b"Transfer-Encoding: chunked, gzip",
    "a list that ends with a comma": b"Transfer-Encoding: chunked,",
    "a list that begins with a comma": b"Transfer-Encoding: ,chunked",
    "a coding with a parameter": b"Transfer-Encoding: chunked;q=1",
    "a coding in quotes": b'Transfer-Encoding: "chunked"',
    "another coding": b"Transfer-Encoding: gzip",
    "identity": b"Transfer-Encoding: identity",
    "no coding": b"Transfer-Encoding:",
    "a longer word": b"Transfer-Encoding: xchunked",
    "a longer word at its end": b"Transfer-Encoding: chunkedx",
    "a shorter word": b"Transfer-Encoding: chunke",
    "a coding after a vertical tab": b"Transfer-Encoding: \x0bchunked",
    "a coding before a NUL": b"Transfer-Encoding: chunked\x00",
    "a coding in other letters": b"Transfer-Encoding: chun\xe2\x84\xaaed",
    "a blank before the colon": b"Transfer-Encoding : chunked",
    "a tab before the colon": b"Transfer-Encoding\t: chunked",
    "a folded coding": b"Transfer-Encoding:\r\n chunked",
    "a coding folded with a tab": b"Transfer-Encoding: chun\r\n\tked",
    "a coding in a folded line": b"X: y\r\n\tTransfer-Encoding: chunked",
}

CHUNKS_OF = {
    "a hex prefix": b"0x4\r\nEVIL\r\n0\r\n\r\n",
    "a plus": b"+4\r\nEVIL\r\n0\r\n\r\n",
    "a minus": b"-4\r\nEVIL\r\n0\r\n\r\n",
    "a blank before the length": b" 4\r\nEVIL\r\n0\r\n\r\n",
    "a blank after the length": b"4 \r\nEVIL\r\n0\r\n\r\n",
    "a tab after the length": b"4\t\r\nEVIL\r\n0\r\n\r\n",
    "no length": b"\r\nEVIL\r\n0\r\n\r\n",
    "no digit": b"g\r\nEVIL\r\n0\r\n\r\n",
    "a word": b"four\r\nEVIL\r\n0\r\n\r\n",
    "a fraction": b"4.0\r\nEVIL\r\n0\r\n\r\n",
    "a comma": b"4,4\r\nEVIL\r\n0\r\n\r\n",
    "a bare LF after the length": b"4\nEVIL\r\n0\r\n\r\n",
    "a bare CR after the length": b"4\rEVIL\r\n0\r\n\r\n",
    "a NUL after the length": b"4\x00\r\nEVIL\r\n0\r\n\r\n",
    "a bare LF after the bytes": b"4\r\nEVIL\n0\r\n\r\n",
    "nothing after the bytes": b"4\r\nEVIL0\r\n\r\n",
    "more bytes than the length says": b"3\r\nEVIL\r\n0\r\n\r\n",
    "fewer bytes than the length says": b"5\r\nEVIL\r\n0\r\n\r\n",
    "a length of 2^64": b"10000000000000000\r\nEVIL\r\n0\r\n\r\n",
    "a length of 2^64 and 4": b"10000000000000004\r\nEVIL\r\n0\r\n\r\n",
    "a length of twenty digits": b"FFFFFFFFFFFFFFFFFFFF\r\nEVIL\r\n0\r\n\r\n",
    "an extension that ends with a bare LF": b"4;a=b\nEVIL\r\n0\r\n\r\n",
    "a last chunk with a bare LF": b"4\r\nEVIL\r\n0\n\n",
    "a last chunk that is minus nothing": b"4\r\nEVIL\r\n-0\r\n\r\n",
    "a trailer without a colon": b"4\r\nEVIL\r\n0\r\ntrailer\r\n\r\n",
    "a request for a trailer": b"4\r\nEVIL\r\n0\r\nGET / HTTP/1.1\r\n\r\n",
    "a trailer that begins with a blank": b"4\r\nEVIL\r\n0\r\n X: y\r\n\r\n",
    "a folded trailer": b"4\r\nEVIL\r\n0\r\nX: y\r\n z\r\n\r\n",
    "a blank in a trailer's name": b"4\r\nEVIL\r\n0\r\nX : y\r\n\r\n",
    "a NUL in a trailer": b"4\r\nEVIL\r\n0\r\nX: \x00\r\n\r\n",
    "a bare CR in a trailer": b"4\r\nEVIL\r\n0\r\nX: y\rZ: z\r\n\r\n",
    "a bare LF in a trailer": b"4\r\nEVIL\r\n0\r\nX: y\nZ: z\r\n\r\n",
    "a control character in a trailer": b"4\r\nEVIL\r\n0\r\nX: y\x01\r\n\r\n",
    "an escape character in a trailer": b"4\r\nEVIL\r\n0\r\nX: \x1b[2J\r\n\r\n",
    "DEL in a trailer": b"4\r\nEVIL\r\n0\r\nX: \x7f\r\n\r\n",
    "a bracket in a trailer's name": b"4\r\nEVIL\r\n0\r\nX(Y): z\r\n\r\n",
    "a trailer's name that is not ASCII": b"4\r\nEVIL\r\n0\r\n\xc3\xa9: y\r\n\r\n",
    "a bad trailer after a good one": b"4\r\nEVIL\r\n0\r\nX: y\r\nX: y\x01\r\n\r\n",
    "a trailer without a name": b"4\r\nEVIL\r\n0\r\n: y\r\n\r\n",
}

HOSTS = {
    "no host": None,
    "an empty host": b"Host:",
    "two hosts": b"Host: 127.0.0.1:{port}\r\nHost: evil.test",
    "two hosts, the other way round": b"Host: evil.test\r\nHost: 127.0.0.1:{port}",
    "the same host twice": b"Host: 127.0.0.1:{port}\r\nhost: 127.0.0.1:{port}",
    "a list of hosts": b"Host: 127.0.0.1:{port}, evil.test",
    "a host with a user": b"Host: evil@127.0.0.1:{port}",
    "a host with a path": b"Host: 127.0.0.1:{port}/",
    "a host with a scheme": b"Host: http://127.0.0.1:{port}",
    "a host with a query": b"Host: 127.0.0.1:{port}?x",
    "a host with a fragment": b"Host: 127.0.0.1:{port}#x",
    "two words for a host": b"Host: 127.0.0.1:{port} evil.test",
    "a host with a backslash": b"Host: 127.0.0.1:{port}\\@evil.test",
    "a host with %00": b"Host: 127.0.0.1%00:{port}",
    "a host with a NUL": b"Host: 127.0.0.1:{port}\x00.evil.test",
    "a host with a control character": b"Host: 127.0.0.1:{port}\x01",
    "a host that is not ASCII": b"Host: 127\xe3\x80\x820\xe3\x80\x820\xe3\x80\x821:{port}",
    "a blank before the colon": b"Host : 127.0.0.1:{port}",
    "a folded host": b"Host:\r\n 127.0.0.1:{port}",
    "a host folded to another": b"Host: 127.0.0.1:{port}\r\n evil.test",
    "a host after a blank": b" Host: 127.0.0.1:{port}",
    "a host after a tab": b"\tHost: 127.0.0.1:{port}",
    "a host after a bare LF": b"X: y\nHost: 127.0.0.1:{port}",
    "a host after a bare CR": b"X: y\rHost: 127.0.0.1:{port}",
}

FIELDS = {
    "no colon": b"X",
    "no name": b": y",
    "a blank for a name": b" : y",
    "a blank in the name": b"X Y: z",
    "a blank before the colon": b"X : y",
    "a tab in the name": b"X\tY: z",
    "a folded value": b"X: y\r\n z",
    "a value folded with a tab": b"X: y\r\n\tz",
    "a fold without a value": b"X:\r\n ",
    "a NUL in the name": b"X\x00: y",
    "a NUL in the value": b"X: y\x00z",
    "a control character in the name": b"X\x01: y",
    "a control character in the value": b"X: y\x01z",
    "an escape character in the value": b"X: \x1b[2J",
    "a backspace in the value": b"User-Agent: y\x08",
    "a vertical tab in the value": b"X: y\x0bz",
    "DEL in the value": b"X: y\x7f",
    "DEL in the name": b"X\x7f: y",
    "a bracket in the name": b"X(Y): z",
    "a slash in the name": b"X/Y: z",
    "an at sign in the name": b"X@Y: z",
    "quotes in the name": b'"X": y',
    "a name that is not ASCII": b"\xc3\xa9: y",
    "a byte order mark": b"\xef\xbb\xbfX: y",
    "a bare CR in the value": b"X: y\rz",
    "a bare CR in the name": b"X\rY: z",
    "a bare LF in the value": b"X: y\nz",
    "a bare LF between fields": b"X: y\nZ: z",
    "a bare LF for the end": b"X: y\n",
    "two CR": b"X: y\r",
    "two authorizations": TOKEN,
    "two authorizations, one of them wrong": b"Authorization: Bearer wrong",
    "two origins": b"Origin: http://127.0.0.1:{port}\r\nOrigin: http://127.0.0.1:{port}",
    "two origins, one of them foreign": b"Origin: http://127.0.0.1:{port}\r\nOrigin: null",
    "two sites": b"Sec-Fetch-Site: same-origin\r\nSec-Fetch-Site: cross-site",
    "two media types": b"Content-Type: text/plain\r\nContent-Type: application/json",
    "two ranges": b"Range: bytes=0-1\r\nRange: bytes=2-3",
    "two Accept-Encoding of more than 1 KiB": b"Accept-Encoding: " + b"a" * 600
                                              + b"\r\nAccept-Encoding: " + b"b" * 600,
    "a control character in the second of a list": b"Accept-Encoding: a\r\nAccept-Encoding: \x01",
    "two Content-Encoding": b"Content-Encoding: identity\r\nContent-Encoding: identity",
    "two Expect": b"Expect: 100-continue\r\nExpect: 100-continue",
    "another expectation": b"Expect: 200-ok",
    "an expectation more": b"Expect: 100-continue, 200-ok",
    "no expectation": b"Expect:",
}

WHOLE = {
    "HTTP/1.0 has no chunks": request(b"PUT " + PATH + b" HTTP/1.0", length=CHUNKED, body=CHUNKS),
    "HTTP/0.9": b"GET " + PATH + b"\r\n",
    "HTTP/2's first line": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "TLS": b"\x16\x03\x01\x00\xc4\x01\x00\x00\xc0\x03\x03" + bytes(range(200)),
    "SSH": b"SSH-2.0-OpenSSH_9.2\r\n",
    "SMTP": b"EHLO evil.test\r\n",
    "an answer": b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    "NULs": bytes(64),
    "all bytes there are": bytes(range(256)),
    "bare LF alone": request().replace(b"\r\n", b"\n"),
    "bare CR alone": request().replace(b"\r\n", b"\r") + b"x",
    "LF and CR the wrong way round": request().replace(b"\r\n", b"\n\r"),
    "a line of blanks first": b"  \r\n" + request(),
    "a bare LF first": b"\n" + request(),
    "a bare CR first": b"\r" + request(),
    "three empty lines first": b"\r\n\r\n\r\n" + request(),
    "a NUL first": b"\x00" + request(),
    "a target of 20 KiB": request(b"GET " + PATH + b"?" + b"a" * 20_000 + b" HTTP/1.1"),
    "a method of 20 KiB": request(b"A" * 20_000 + b" " + PATH + b" HTTP/1.1"),
    "a field of 20 KiB": with_field(b"X: " + b"a" * 20_000),
    "a name of 20 KiB": with_field(b"X" * 20_000 + b": y"),
    "2,000 fields": with_field(END.join(b"X-%d: y" % index for index in range(2_000))),
}

REQUESTS = {
    **{f"line: {name}": with_line(line) for name, line in LINES.items()},
    **{f"length: {name}": with_length(field) for name, field in LENGTHS.items()},
    **{f"coding: {name}": request(length=field, body=CHUNKS) for name, field in CODINGS.items()},
    **{f"chunks: {name}": chunked(body) for name, body in CHUNKS_OF.items()},
    **{f"host: {name}": with_host(field) for name, field in HOSTS.items()},
    **{f"field: {name}": with_field(field) for name, field in FIELDS.items()},
    **WHOLE,
}

# Versions that the library refuses by itself, with the status that HTTP has for them.
OTHER_VERSIONS = {"line: HTTP/0.9", "line: HTTP/2.0", "line: HTTP/3.0", "line: HTTP/9.9",
                  "HTTP/2's first line"}


def filled_in(request, port, token, section):
    """The bytes to send."""
    for word, value in (("port", port), ("token", token), ("id", section)):
        request = request.replace(b"{%s}" % word.encode(), str(value).encode())
    return request
