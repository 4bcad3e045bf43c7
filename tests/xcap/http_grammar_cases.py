"""Each HTTP header field with values that are legal and values that are not.

field: (legal values, {illegal value: (offset of the fault, what should stand there)})
"""

from __future__ import annotations

CASES: dict[str, tuple[list[str], dict[str, tuple[int, str]]]] = {
    "Accept": (
        ["", "*/*", 'text/plain;charset="utf-8";q=0.5 , application/xcap-el+xml ;q=1.000,a/b;;c=d'],
        {
            "text": (4, '"/"'),
            "text/html, image/gif, *; q=.2": (23, '"/"'),
            "a/b;q=2": (6, "qvalue"),
            "a/b,,c/d": (4, "media-range"),
            ",a/b": (0, "media-range"),
            "a/b,": (4, "media-range"),
            "a/b;q =1": (5, '"="'),
            "a/b;c": (5, '"="'),
        },
    ),
    "Accept-Charset": (
        ["utf-8, *;q=0"],
        {
            "utf-8;q=x": (8, "qvalue"),
            '"utf-8"': (0, "weighted-token"),
        },
    ),
    "Accept-Encoding": (
        ["", "gzip;q=1.0, *;q=0", "identity"],
        {
            "gzip;x=y": (5, '"q="'),
            "gzip,": (5, "weighted-token"),
            "gzip;q=1.5": (9, "COMMA"),
        },
    ),
    "Accept-Language": (
        ["fr-FR, en;q=0.8,*;q=0.1"],
        {
            "en_US": (2, 'ALPHA / "-" / weight / COMMA'),
            "fr;q=": (5, "qvalue"),
            "toolonglanguage": (8, '"-" / weight / COMMA'),
        },
    ),
    "Accept-Ranges": (
        ["bytes", "none, x"],
        {
            "": (0, "range-unit"),
            "a b": (1, "COMMA"),
        },
    ),
    "Age": (
        ["0"],
        {
            "": (0, "DIGIT"),
            "-1": (0, "DIGIT"),
            "1.5": (1, "DIGIT"),
        },
    ),
    "Allow": (
        ["", "GET, PUT ,DELETE"],
        {
            "GET PUT": (3, "COMMA"),
            "GET,": (4, "method"),
            "GET;x": (3, "COMMA"),
        },
    ),
    "Authentication-Info": (
        ["", 'nextnonce="a", qop=auth,rspauth = "0f",cnonce="b",nc=00000001,x=y'],
        {
            "nextnonce=a": (10, "quoted-string"),
            "nc=1": (4, "LHEX"),
            'qop="auth"': (4, "token"),
            'rspauth="XY"': (9, "LHEX / DQUOTE"),
            'a="b" c="d"': (5, "COMMA"),
        },
    ),
    "Authorization": (
        [
            "Basic WDpY",
            "Basic YWJjZA==",
            'Digest username="X", realm="a\\"b" , nc=00000001',
            "Bearer a.b-c_d~e+f/g=",
            "Negotiate",
            'X a=b,c="d"',
        ],
        {
            "": (0, "credentials"),
            'Digest username="X': (16, "token / quoted-string"),
            'Digest username="X" realm="a"': (19, "COMMA"),
            'Digest username="X",,realm="a"': (20, "auth-param"),
            'Digest realm="a",': (17, "auth-param"),
            "Basic W:Y": (7, '"="'),
            '"Basic"': (0, "credentials"),
        },
    ),
    "Cache-Control": (
        ["no-cache", 'max-age=0, private="a, b"'],
        {
            "max-age=": (8, "token / quoted-string"),
            "a;b": (1, '"=" / COMMA'),
            "no-cache,": (9, "cache-directive"),
        },
    ),
    "Connection": (
        ["close", "keep-alive, TE"],
        {
            "close;": (5, "COMMA"),
            "keep alive": (4, "COMMA"),
            "close,": (6, "connection-option"),
        },
    ),
    "Content-Encoding": (
        ["gzip", "gzip, br"],
        {
            "gzip;q=1": (4, "COMMA"),
            "a b": (1, "COMMA"),
        },
    ),
    "Content-Language": (
        ["fr, en-gb"],
        {
            "fr_FR": (2, 'ALPHA / "-" / COMMA'),
            "fr,": (3, "language-tag"),
        },
    ),
    "Content-Length": (
        ["0", "0042"],
        {
            "": (0, "DIGIT"),
            "-1": (0, "DIGIT"),
            "+1": (0, "DIGIT"),
            "1,1": (1, "DIGIT"),
            "0x10": (1, "DIGIT"),
            "1 2": (1, "DIGIT"),
        },
    ),
    "Content-Location": (
        ["/a/b?c", "http://h/a", "../x"],
        {
            "/a b": (2, 'pchar / "/" / "?"'),
            '/a"b': (2, 'pchar / "/" / "?"'),
            "/%zz": (1, 'segment-nz / "?"'),
        },
    ),
    "Content-Range": (
        ["bytes 0-9/10", "bytes 0-9/*", "bytes */10", "x 0-9/1"],
        {
            "bytes 0-9": (9, 'DIGIT / "/"'),
            "bytes=0-9/10": (5, "SP"),
            "bytes 0-/10": (8, "DIGIT"),
            "0-9/10": (3, "SP"),
        },
    ),
    "Content-Type": (
        ["application/pidf+xml", 'text/xml;charset="UTF-8" ; x=y;', "a/b;;c=d"],
        {
            "": (0, "media-type"),
            "application": (11, '"/"'),
            "application/": (12, "token"),
            "text/xml charset=utf-8": (9, '";"'),
            "text/xml;charset": (16, '"="'),
            "text/xml;charset = utf-8": (16, '"="'),
            'text/xml;charset="a': (17, "token / quoted-string"),
            "text/xml,text/plain": (8, '";"'),
            "text xml": (4, '"/"'),
        },
    ),
    "Cookie": (
        ["a=b", 'a=b; c="d e"; f', "=x"],
        {
            "a=b;c=d": (4, "SP"),
            "a=b;": (4, "SP"),
            "a\x00b": (1, 'HTAB / %x20-3A / %x3C-7E / obs-text / ";"'),
        },
    ),
    "Date": (
        [
            "Thu, 19 Jun 2014 06:30:47 GMT",
            "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun Nov  6 08:49:37 1994",
        ],
        {
            "": (0, "HTTP-date"),
            "Thu, 19 Jun 2014 06:30:47": (25, "SP"),
            "Thu, 19 Jun 2014 06:30:47 UTC": (26, "GMT"),
            "thu, 19 Jun 2014 06:30:47 GMT": (0, "HTTP-date"),
            "Thu, 19 Jun 2014 6:30:47 GMT": (17, "time-of-day"),
            "Thu, 39 Jun 2014 06:30:47 GMT": (5, "day"),
            "Thu, 19 Jun 2014 24:30:47 GMT": (17, "time-of-day"),
            "Thu, 19 Jun 2014 06:60:47 GMT": (20, "minute"),
            "Thu, 19 June 2014 06:30:47 GMT": (11, "SP"),
            "2014-06-19T06:30:47Z": (0, "HTTP-date"),
            "0": (0, "HTTP-date"),
        },
    ),
    "ETag": (
        ['""', '"a"', 'W/"a\\b"', '"é\udcff"'],
        {
            "": (0, "entity-tag"),
            "a": (0, "entity-tag"),
            '"a': (2, "etagc / DQUOTE"),
            'w/"a"': (0, "entity-tag"),
            '"a b"': (2, "etagc / DQUOTE"),
            '"a""b"': (3, "end of ETag"),
            'W/ "a"': (2, "opaque-tag"),
            "'a'": (0, "entity-tag"),
            '"a", "b"': (3, "end of ETag"),
        },
    ),
    "Expect": (
        ["100-continue", 'a="b";c=d'],
        {
            "100 continue": (3, '"=" / COMMA'),
            "100-continue,": (13, "expectation"),
        },
    ),
    "Expires": (
        [
            "Thu, 19 Jun 2014 06:30:47 GMT",
            "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun Nov  6 08:49:37 1994",
        ],
        {
            "": (0, "HTTP-date"),
            "0": (0, "HTTP-date"),
            "-1": (0, "HTTP-date"),
        },
    ),
    "Host": (
        ["", "xcap.example.com", "[2001:db8::1]:8080", "192.0.2.1:", "a_b.c:80", "%41"],
        {
            "a b": (1, 'unreserved / sub-delims / pct-encoded / ":"'),
            "http://a": (5, "DIGIT"),
            "a:b": (2, "DIGIT"),
            "[::1": (0, 'IP-literal / unreserved / sub-delims / pct-encoded / ":"'),
            "[::1]x": (5, '":"'),
            "a/b": (1, 'unreserved / sub-delims / pct-encoded / ":"'),
            "[1:2:3]": (0, 'IP-literal / unreserved / sub-delims / pct-encoded / ":"'),
            "a@b": (1, 'unreserved / sub-delims / pct-encoded / ":"'),
        },
    ),
    "If-Match": (
        ["*", '"a"', '"a",W/"b" , ""'],
        {
            "a": (0, '"*" / entity-tag'),
            '"a" "b"': (3, "COMMA"),
            '"a",': (4, "entity-tag"),
            '*, "a"': (1, "end of If-Match"),
            '"a", b': (5, "entity-tag"),
            '"*': (2, "etagc / DQUOTE"),
        },
    ),
    "If-Modified-Since": (
        [
            "Thu, 19 Jun 2014 06:30:47 GMT",
            "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun Nov  6 08:49:37 1994",
        ],
        {
            "": (0, "HTTP-date"),
            "Thu, 19 Jun 2014 06:30:47": (25, "SP"),
            "Thu, 19 Jun 2014 06:30:47 UTC": (26, "GMT"),
        },
    ),
    "If-None-Match": (
        ["*", '"a"', '"a",W/"b" , ""'],
        {
            "a": (0, '"*" / entity-tag'),
            '"a" "b"': (3, "COMMA"),
            '"a",': (4, "entity-tag"),
            '*, "a"': (1, "end of If-None-Match"),
            '"a", b': (5, "entity-tag"),
            '"*': (2, "etagc / DQUOTE"),
        },
    ),
    "If-Range": (
        ['"a"', "Thu, 19 Jun 2014 06:30:47 GMT"],
        {
            "a": (0, "entity-tag / HTTP-date"),
            "*": (0, "entity-tag / HTTP-date"),
        },
    ),
    "If-Unmodified-Since": (
        [
            "Thu, 19 Jun 2014 06:30:47 GMT",
            "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun Nov  6 08:49:37 1994",
        ],
        {
            "": (0, "HTTP-date"),
            "Thu, 19 Jun 2014 06:30:47": (25, "SP"),
            "Thu, 19 Jun 2014 06:30:47 UTC": (26, "GMT"),
        },
    ),
    "Last-Modified": (
        [
            "Thu, 19 Jun 2014 06:30:47 GMT",
            "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun Nov  6 08:49:37 1994",
        ],
        {
            "": (0, "HTTP-date"),
            "Thu, 19 Jun 2014 06:30:47": (25, "SP"),
            "Thu, 19 Jun 2014 06:30:47 UTC": (26, "GMT"),
        },
    ),
    "Location": (
        ["", "/x", "http://a:1/b?c#d", "//[::1]/x", "x;y"],
        {
            "a b": (
                1,
                (
                    'ALPHA / DIGIT / "+" / "-" / "." / ":" / unreserved / sub-delims / "@" '
                    '/ pct-encoded / "/" / "?" / "#"'
                ),
            ),
            "http://[x]": (
                7,
                'unreserved / sub-delims / ":" / pct-encoded / "@" / IP-literal / "/" / "?" / "#"',
            ),
            '/"x"': (1, 'segment-nz / "?" / "#"'),
            "<http://a>": (0, 'absolute-URI / "//" / path-absolute / segment-nz-nc / "?" / "#"'),
        },
    ),
    "Max-Forwards": (
        ["70"],
        {
            "": (0, "DIGIT"),
            "x": (0, "DIGIT"),
        },
    ),
    "Pragma": (
        ["no-cache"],
        {
            "no-cache;": (8, '"=" / COMMA'),
        },
    ),
    "Proxy-Authenticate": (
        ['Basic realm="a"', "Basic realm="],
        {
            'Basic realm="a': (12, "token / quoted-string / COMMA"),
        },
    ),
    "Proxy-Authentication-Info": (
        ['nextnonce="a"'],
        {
            "nextnonce": (9, '"="'),
        },
    ),
    "Proxy-Authorization": (
        ["Basic WDpY"],
        {
            'Basic "a"': (6, "SP / auth-param / token68"),
        },
    ),
    "Range": (
        ["bytes=0-9,-5, 9-", "x=anything!"],
        {
            "bytes": (5, '"="'),
            "bytes=": (6, "byte-range"),
            "bytes=x": (6, "byte-range"),
            "bytes 0-9": (5, '"="'),
            "bytes=1-2-3": (9, "DIGIT / COMMA"),
        },
    ),
    "Referer": (
        ["http://a/b", "/b?c"],
        {
            "http://a/b#c": (10, '"/" / pchar / "?"'),
            "a b": (
                1,
                (
                    'ALPHA / DIGIT / "+" / "-" / "." / ":" / unreserved / sub-delims / "@" '
                    '/ pct-encoded / "/" / "?"'
                ),
            ),
        },
    ),
    "Retry-After": (
        ["120", "Thu, 19 Jun 2014 06:30:47 GMT"],
        {
            "": (0, "HTTP-date / DIGIT"),
            "1 s": (1, "DIGIT"),
            "soon": (0, "HTTP-date / DIGIT"),
        },
    ),
    "Server": (
        ["a", "XDM-client/OMA1.0 (a (b\\)) é) x/y (c)", "a\tb"],
        {
            "": (0, "product"),
            "(a)": (0, "product"),
            "a/": (2, "product-version"),
            "a [b]": (2, "product / comment"),
            "a (b": (2, "product / comment"),
            "a,b": (1, '"/" / RWS'),
            "a / b": (2, "product / comment"),
            '"a"': (0, "product"),
            "a/b/c": (3, "RWS"),
        },
    ),
    "Set-Cookie": (
        ["a=b; Path=/; HttpOnly", "a"],
        {
            "a\x00": (1, 'HTAB / %x20-3A / %x3C-7E / obs-text / ";"'),
        },
    ),
    "TE": (
        ["", "trailers, gzip;q=0.5"],
        {
            "gzip;q=2": (7, "qvalue"),
            "trailers;": (9, '"q=" / transfer-parameter'),
        },
    ),
    "Trailer": (
        ["Expires, X"],
        {
            "a b": (1, "COMMA"),
        },
    ),
    "Transfer-Encoding": (
        ["chunked", 'gzip;x = "y", chunked'],
        {
            "chunked;": (8, '"q=" / transfer-parameter'),
            "chunked chunked": (8, '";"'),
            "chunked,": (8, "transfer-coding"),
        },
    ),
    "Upgrade": (
        ["h2c, TLS/1.0"],
        {
            "a/": (2, "token"),
            "a b": (1, '"/" / COMMA'),
        },
    ),
    "User-Agent": (
        ["a", "XDM-client/OMA1.0 (a (b\\)) é) x/y (c)", "a\tb"],
        {
            "": (0, "product"),
            "(a)": (0, "product"),
            "a/": (2, "product-version"),
            "a [b]": (2, "product / comment"),
            "a (b": (2, "product / comment"),
            "a,b": (1, '"/" / RWS'),
            "a / b": (2, "product / comment"),
            '"a"': (0, "product"),
            "a/b/c": (3, "RWS"),
        },
    ),
    "Vary": (
        ["*", "Accept, X"],
        {
            "a b": (1, "COMMA"),
            '"a"': (0, "field-name"),
        },
    ),
    "Via": (
        ["1.1 proxy", "HTTP/1.1 a:80 (b), 1.0 [::1]:80"],
        {
            "1.1": (3, '"/" / RWS'),
            "proxy": (5, '"/" / RWS'),
            "1.1 a b": (6, "comment"),
            "1.1 a (b": (6, "comment"),
        },
    ),
    "WWW-Authenticate": (
        ["", 'Digest realm="a", nonce="b", Basic realm="c"', "Basic", "Negotiate a=="],
        {
            'Digest realm="a" nonce="b"': (16, "COMMA"),
            'Digest realm="a': (13, "token / quoted-string / COMMA"),
            '"a"': (0, "challenge"),
        },
    ),
    "Warning": (
        ['199 - "a"', '110 a:80 "b" "Thu, 19 Jun 2014 06:30:47 GMT"'],
        {
            "199": (3, "SP"),
            "199 - a": (6, "quoted-string"),
            '19 - "a"': (2, "DIGIT"),
            '199 - "a" "x"': (11, "HTTP-date"),
        },
    ),
    "X-3GPP-Intended-Identity": (
        ['"sip:a@b"', ""],
        {
            "a\x7f": (1, "HTAB / SP / VCHAR / obs-text"),
        },
    ),
}
