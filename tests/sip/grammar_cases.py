"""Each header field with values that are legal and values that are not.

field: (legal values, {illegal value: (offset of the fault, what should stand there)})
"""

from __future__ import annotations

CASES: dict[str, tuple[list[str], dict[str, tuple[int, str]]]] = {
    "Accept": (
        [
            "",
            "application/pidf+xml",
            "application/sdp;level=1, text / * ;q=0.5, */*;q=0",
            "text/*;q=0.",
            'a/b;x="";y="\\"",c/d ;\t q\t=\t1.000',
        ],
        {
            "application": (11, "SLASH"),
            "a/b,,c/d": (4, "accept-range"),
            "a/b;q=2": (6, "qvalue"),
            "a/b;q=": (6, "qvalue"),
            "a/b;q=0.1234": (11, "SEMI / COMMA"),
            "a/b,": (4, "accept-range"),
            "*": (1, "SLASH"),
            'a/b;x="y': (6, "gen-value"),
        },
    ),
    "Accept-Contact": (
        [
            "*",
            '*;+g.oma.sip-im;require;explicit, *;video;+sip.instance="<urn:gsma:imei:1>"',
            '*;audio;require;+g.x="#>=5"',
        ],
        {
            "sip:a@b": (0, "ac-value"),
            "*;": (2, "generic-param"),
            "*,": (2, "ac-value"),
            "audio": (0, "ac-value"),
        },
    ),
    "Accept-Encoding": (
        ["", "gzip;q=1.0, *;q=0", "gzip\t;q=0.123 , x"],
        {
            "gzip;q=1.5": (9, "SEMI / COMMA"),
            "/": (0, "token"),
            "gzip;": (5, "accept-param"),
            "gzip;q=x": (7, "qvalue"),
            ",gzip": (0, "token"),
        },
    ),
    "Accept-Language": (
        ["", "da, en-gb;q=0.8, *", "es-419", "x-pig-latin;q=0.5;level=1"],
        {
            "toolonglanguage": (8, '"-" / SEMI / COMMA'),
            "en_gb": (2, 'ALPHA / "-" / SEMI / COMMA'),
            "en-": (3, "alphanum"),
            "en;q=2": (5, "qvalue"),
            "*-en": (1, "SEMI / COMMA"),
        },
    ),
    "Accept-Resource-Priority": (
        ["", "dsn.flash, q735.0"],
        {"dsn": (3, '"."'), "dsn.": (4, "token-nodot"), "dsn,flash": (3, '"."')},
    ),
    "Alert-Info": (
        [
            "<http://x.com/y.wav>;a=b",
            "<sip:ring@[2001:db8::1]>",
            '<urn:alert:service:normal>;a="b", <cid:x>',
        ],
        {
            "http://x.com": (0, "info"),
            "<sip:a@b>;": (10, "generic-param"),
            "<http://x": (
                9,
                (
                    'unreserved / escaped / user-unreserved / ":" / "@" / "$" / "," / ";" / "'
                    '&" / "=" / "+" / abs-path / "?" / RAQUOT'
                ),
            ),
            "": (0, "info"),
        },
    ),
    "AlertMsg-Error": (
        ["102", '206;message="Missing alert message";x'],
        {"": (0, "DIGIT"), "12": (2, "DIGIT"), "206;message=x": (12, "quoted-string")},
    ),
    "Allow": (
        ["", "INVITE,ACK , FOO", "!%*_+`'~"],
        {
            "INVITE,,ACK": (7, "Method"),
            "IN VITE": (2, "COMMA"),
            "INVITE;x": (6, "COMMA"),
            '"INVITE"': (0, "Method"),
            "(A)": (0, "Method"),
        },
    ),
    "Allow-Events": (
        ["presence, presence.winfo", "presence.winfo.winfo , dialog"],
        {
            "": (0, "event-type"),
            "presence;id=1": (8, '"." / COMMA'),
            "presence,": (9, "event-type"),
            "presence..winfo": (9, "token-nodot"),
            ".winfo": (0, "event-type"),
        },
    ),
    "Answer-Mode": (
        ["Auto", 'Manual;require;x="y"'],
        {"": (0, "token"), "Auto;": (5, "generic-param"), "Auto, Manual": (4, "SEMI")},
    ),
    "Authentication-Info": (
        ['nextnonce="a", qop=auth, rspauth="0f", cnonce="b", nc=00000001'],
        {
            "nextnonce=a": (10, "quoted-string"),
            "nc=1": (4, "LHEX"),
            "": (0, "ainfo"),
            'nextnonce="a" qop=auth': (13, "COMMA"),
            'qop="auth"': (4, "token"),
            "rspauth=0f": (8, "LDQUOT"),
        },
    ),
    "Authorization": (
        [
            'Digest username="X", realm="X", nonce="", uri="sip:h", response=""',
            (
                'Digest nc=0000000a,qop=auth,response="0000000000000000000000000000000000'
                '000000000000000000000000000000",algorithm=SHA-256,opaque="",cnonce="x",a'
                'uts="y",integrity-protected=yes'
            ),
            'digest\trealm = "a\\"b" , algorithm="MD5"',
            "NoOneKnowsThisScheme opaque-data=here",
            'Digest uri="sip:a@[::1]:5060;transport=tcp",nc=00000001,response=""',
            'Digest uri="*"',
            'Digest uri="/index?a=b"',
            "Bearer mF_9.B5f-4.1JqM==",
        ],
        {
            "Digest username=X": (16, "quoted-string"),
            "Basic WDpY": (10, "EQUAL"),
            "Digest": (6, "LWS"),
            'Digest nc="00000001"': (10, "nc-value"),
            'Digest uri=""': (12, "digest-uri-value"),
            'Digest uri="sip:a@@b"': (18, "hostport"),
            'Digest realm="a': (13, "quoted-string"),
            'Digest realm="a",': (17, "dig-resp"),
            "Digest nc=0000000A": (17, "LHEX"),
            'Digest qop="auth"': (11, "token"),
            'Digest response="XYZ"': (17, "LHEX / RDQUOT"),
            'Digest,realm="a"': (6, "LWS"),
            'Digest realm="a";nonce="b"': (16, "COMMA"),
        },
    ),
    "CSeq": (
        ["1 PUBLISH", "0009  INVITE", "4294967295 !"],
        {
            "PUBLISH": (0, "DIGIT"),
            "1": (1, "DIGIT / LWS"),
            "1 A B": (3, "end of CSeq"),
            "1INVITE": (1, "DIGIT / LWS"),
            "1,PUBLISH": (1, "DIGIT / LWS"),
            "0x1 PUBLISH": (1, "DIGIT / LWS"),
            "+1 PUBLISH": (0, "DIGIT"),
        },
    ),
    "Call-ID": (
        ["3Ag0yaUAAA@192.168.1.1", "abc", "intmeth.word%ZK-!.*_+'@word`~)(><:\\/\"][?}{", "a@[]{}"],
        {
            "": (0, "callid"),
            "a b": (1, '"@"'),
            "a@b@c": (3, "end of Call-ID"),
            "a@": (2, "word"),
            "@b": (0, "callid"),
            "a,b": (1, '"@"'),
            "a;b": (1, '"@"'),
        },
    ),
    "Call-Info": (
        ["<http://x.com/p.jpg> ;purpose=icon, <cid:a@b>", "<sip:a@[::1]>;purpose=icon"],
        {
            "<>": (1, "absoluteURI / addr-spec"),
            "http://x": (0, "info"),
            "<http://x>;purpose=": (19, "gen-value"),
            "<http://[x]>": (8, 'userinfo / IPv6reference / reg-name / abs-path / "?" / RAQUOT'),
        },
    ),
    "Contact": (
        [
            "*",
            "sip:a@b",
            "sip:a@b;q=0.5;flag;expires=0",
            "<sip:%00@[2001:db8::1]:5060;transport=UDP;ob>",
            '"A \\" é" <sip:a@b>;+sip.instance="<urn:gsma:imei:35643205-905062-0>";reg-id=1;video',
            '<sip:a@b>;+g.3gpp.icsi-ref="urn%3Aurn-7%3A3gpp-service.ims.icsi.mmtel";+g.oma.sip-im',
            '<sip:a@b>;pub-gruu="sip:a@b;gr=x";temp-gruu="sip:t@b;gr";expires=600000;mobility="x"',
            "Alice Bob <tel:+33-1>, <urn:service:sos> , name:John_Smith",
            "<sip:user@example.com?Route=%3Csip:sip.example.com%3E>",
            "* <sip:a@b>, *\t! <sip:c@d>",
            '<sip:a:@b>;q=1.000;expires=00;x="";+g.a="<\\">" , "" <sips:[::ffff:1.2.3.4]>',
            "<urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6>",
            "<tel:+1-201-555-0123;ext=12;isub=1?@=>",
            "<sip:a@[:::1.2.3.4]>, <sip:a@[2001:db8:::192.0.2.1]>",
        ],
        {
            "": (0, "contact-param / STAR"),
            "<sip:a@b": (8, '":" / ";" / headers / RAQUOT'),
            "sip:a@b?Route=x": (7, '":" / SEMI / COMMA'),
            "<sip:a@b>;q=1.5": (14, "SEMI / COMMA"),
            "<sip:a@b>;expires=never": (18, "delta-seconds"),
            "<sip:a@b>;;": (10, "contact-params"),
            "* , <sip:a@b>": (2, "token"),
            "<sip:a@b>;+sip.instance=urn:x": (24, "LDQUOT"),
            "*, *": (1, "LWS / LAQUOT"),
            "*;expires=0": (1, "LWS / LAQUOT"),
            "<sip:a@b>,": (10, "contact-param"),
            "<sip:a@b>;reg-id=x": (17, "DIGIT"),
            "<sip:a@b>;reg-id": (16, "EQUAL"),
            "<sip:a@b>;expires": (17, "EQUAL"),
            '<sip:a@b>;+sip.instance="urn:x"': (25, '"<"'),
            "<sip:a@b>;pub-gruu=x": (19, "quoted-string"),
            "<sip:a@256.1.1.1>": (7, "hostport"),
            "<sip:a@[1:2:3:4:5:6:7:8:9]>": (7, "hostport"),
            "<sip:a@[1:::1.2.3]>": (7, "hostport"),
            "<sip:a@b;transport=>": (19, "token / paramchar"),
            "<sip:a@b:x>": (9, "port"),
            "<sip:a@b?c>": (10, 'hnv-char / "="'),
            "<sip:a%4@b>": (
                6,
                'unreserved / escaped / user-unreserved / ":" / "@" / ";" / headers / RAQUOT',
            ),
            "<urn:x:y>": (6, 'alphanum / "-"'),
            "<urn:example:>": (13, "NSS"),
            "<tel:123>": (8, 'HEXDIG / "*" / "#" / visual-separator / par / context'),
            "<tel:+1;ext=x>": (12, "DIGIT / visual-separator"),
            '"a" b <sip:a@b>': (3, "LAQUOT"),
            "<sip:a@b>;a b": (11, "SEMI / EQUAL / COMMA"),
            "<sip:a@b>;a=b=c": (13, "SEMI / COMMA"),
            "<sip:a@b> x": (10, "SEMI / COMMA"),
        },
    ),
    "Content-Disposition": (
        ["render;handling=optional;x=y"],
        {
            "render;handling=": (16, "token"),
            "": (0, "token"),
            "render;": (7, "disp-param"),
            '"render"': (0, "token"),
        },
    ),
    "Content-Encoding": (
        ["gzip, deflate"],
        {"": (0, "token"), "gzip,": (5, "token"), "gzip;q=1": (4, "COMMA"), "gz ip": (2, "COMMA")},
    ),
    "Content-ID": (
        ["<a.b-c@d.example>", "<a/b=c?@[192.0.2.1]>"],
        {
            "a@b": (0, '"<"'),
            "<a@b": (4, 'atext / "." / ">"'),
            "<a>": (2, 'atext / "." / "@"'),
            "<a..b@c>": (3, "atext"),
            "<a b@c>": (2, 'atext / "." / "@"'),
        },
    ),
    "Content-Language": (
        ["fr, en-gb", "x-klingon"],
        {
            "fr,": (3, "language-tag"),
            "": (0, "language-tag"),
            "fr_FR": (2, 'ALPHA / "-" / COMMA'),
            "fr-": (3, "alphanum"),
        },
    ),
    "Content-Length": (
        ["0", "0000150"],
        {
            "": (0, "DIGIT"),
            "-999": (0, "DIGIT"),
            "five": (0, "DIGIT"),
            "1 2": (1, "DIGIT"),
            "1.0": (1, "DIGIT"),
            "0x10": (1, "DIGIT"),
            "10,10": (2, "DIGIT"),
        },
    ),
    "Content-Type": (
        [
            "application/pidf+xml",
            'multipart/related ; type="a/b";boundary=x',
            "text/plain",
            "text/plain;charset=\"utf-8\";x=''",
            "!/`",
        ],
        {
            "text": (4, "SLASH"),
            "text/plain;": (11, "m-parameter"),
            "text/plain;charset": (18, "EQUAL"),
            "": (0, "media-type"),
            "text/": (5, "m-subtype"),
            "/plain": (0, "media-type"),
            "text/plain;charset=": (19, "token / quoted-string"),
            "text/plain;=x": (11, "m-parameter"),
            "text plain": (4, "SLASH"),
            "text/plain,text/html": (10, "SEMI"),
            'text/plain;a="b': (13, "token / quoted-string"),
        },
    ),
    "Date": (
        ["Thu, 19 Jun 2014 15:30:45 GMT"],
        {
            "Fri, 01 Jan 2010 16:00:00 EST": (26, '"GMT"'),
            "Thu, 9 Jun 2014 15:30:45 GMT": (6, "DIGIT"),
            "": (0, "rfc1123-date"),
            "thu, 19 Jun 2014 15:30:45 GMT": (0, "rfc1123-date"),
            "Thu,19 Jun 2014 15:30:45 GMT": (4, "SP"),
            "Thu, 19 June 2014 15:30:45 GMT": (11, "SP"),
            "Thu, 19 Jun 14 15:30:45 GMT": (14, "DIGIT"),
            "Thu, 19 Jun 2014 15:30 GMT": (22, '":"'),
            "Thu, 19 Jun 2014 15:30:45 UTC": (26, '"GMT"'),
            "Thursday, 19 Jun 2014 15:30:45 GMT": (3, '","'),
            "Thu, 19 Jun 2014 15:30:45 +0000": (26, '"GMT"'),
        },
    ),
    "Error-Info": (
        ["<sip:a@b>"],
        {"sip:a@b": (0, "info"), "": (0, "info"), "<sip:a@b>,": (10, "info")},
    ),
    "Event": (
        ["presence", "presence.winfo;id=1;x", "vnd.etsi.aoc", 'p-!%*_+`\'~;id=.;x="y"'],
        {
            "": (0, "event-type"),
            "presence;id": (11, "EQUAL"),
            "presence.": (9, "token-nodot"),
            ".winfo": (0, "event-type"),
            "presence;id=": (12, "token"),
            "presence;": (9, "event-param"),
            "presence,dialog": (8, '"." / SEMI'),
            'presence;id="x"': (12, "token"),
            "pre sence": (3, '"." / SEMI'),
        },
    ),
    "Expires": (
        ["3600", "0", "0000", "4294967295"],
        {
            "": (0, "delta-seconds"),
            "3600 s": (4, "end of Expires"),
            "-1": (0, "delta-seconds"),
            "3600;x": (4, "end of Expires"),
            "3,600": (1, "end of Expires"),
            "1e3": (1, "end of Expires"),
            "60.0": (2, "end of Expires"),
        },
    ),
    "Feature-Caps": (
        ['*;+g.3gpp.atcf="<sip:a@b>";+sip.608'],
        {
            "*;video": (2, "feature-cap"),
            "": (0, "fc-value"),
            "+g.x": (0, "fc-value"),
            "*;+1x": (3, "ftag-name"),
            "*;+g.x=y": (7, "LDQUOT"),
        },
    ),
    "Flow-Timer": (["120"], {"2m": (1, "DIGIT"), "": (0, "DIGIT"), "120 s": (3, "DIGIT")}),
    "From": (
        [
            '"test user" <sip:+339012341234@test-rcs.com>;tag=PBg0yaUCAA',
            "sip:caller@example.net;tag=1;x=[::1]",
            '"BEL:\\\x07 NUL:\\\x00" <sip:a@b>;tag=_token~1\'+`*%!-.',
            'token1~` token2\'+_ token3*%!.- <sip:mundane@example.com>;x="стоящий"',
            "caller<sip:caller@example.com>;tag=323",
            "<http://www.example.com>;tag=3",
            "<sips:a@b.>;TAG=x",
            'a\t\tb<sip:a@b>;tag=1;x="";y=[::1]',
            '"" <sip:a@b>',
            "sip:a:b@c:1;tag=x",
        ],
        {
            "": (0, "name-addr / bare-addr-spec"),
            '"Mr. J. User <sip:j.user@example.com>': (0, "name-addr / bare-addr-spec"),
            "Bell, Alexander <sip:a@b>;tag=43": (4, 'LWS / LAQUOT / ":"'),
            "Jürgen <sip:a@b>": (1, 'LWS / LAQUOT / ":"'),
            "<sip:a@b>;tag=": (14, "token"),
            '<sip:a@b>;tag="x"': (14, "token"),
            "<sip:a@@b>": (7, "hostport"),
            "<sip:a@b>;tag": (13, "EQUAL"),
            "sip:a@b>;tag=1": (7, '":" / SEMI'),
            "<sip:a@b>;tag=a b": (15, "SEMI"),
            "<sip:a@b>;tag=a@b": (15, "SEMI"),
            "a.b@c": (3, 'LWS / LAQUOT / ":"'),
            "<a@b>": (2, '":"'),
            "sip:": (4, "bare-userinfo / hostport"),
            "<>": (1, "addr-spec"),
            '"a\\" <sip:a@b>': (0, "name-addr / bare-addr-spec"),
            "<sip:a b@c>": (
                6,
                'unreserved / escaped / user-unreserved / ":" / "@" / ";" / headers / RAQUOT',
            ),
            "sip:a;b@c": (7, "SEMI / EQUAL"),
            "sip:a@b, sip:c@d": (7, '":" / SEMI'),
        },
    ),
    "Geolocation": (
        [
            "<cid:alice123@atlanta.example.com>",
            "<sips:a@b>;x=y",
            "<sip:a@[::1];x?y=z>;loc-src=a.example, <cid:a@b>",
        ],
        {
            "cid:a@b": (0, "locationValue"),
            "<cid:a@b>;loc-src=192.0.2.1": (18, "hostname"),
            "<cid:a@b": (8, "uric / RAQUOT"),
        },
    ),
    "Geolocation-Error": (
        ['100;code="Cannot Process Location"'],
        {
            "100;code=x": (9, "quoted-string"),
            "": (0, "DIGIT"),
            "1000": (3, "SEMI"),
            "a": (0, "DIGIT"),
        },
    ),
    "Geolocation-Routing": (
        ["yes"],
        {"": (0, "generic-param"), "yes;no": (3, "EQUAL"), '"yes"': (0, "generic-param")},
    ),
    "History-Info": (
        [
            "<sip:a@b?Reason=SIP%3Bcause%3D302>;index=1.1;rc=1",
            '"A" <sip:a@b>;index=1;rc=1;mp=1.2;np=1, <tel:+33>;index=1.1',
        ],
        {
            "<sip:a@b>;index=a": (16, "index-val"),
            "sip:a@b;index=1": (3, "LWS / LAQUOT"),
            "<sip:a@b>;index=1.": (18, "DIGIT"),
            "<sip:a@b>;rc=x": (13, "index-val"),
        },
    ),
    "Identity": (
        [
            'eyJhbGciOiJ.eyJkZXN0Ijp7.rq3pjT1akO-_A==;info=<https://cert.example.org/p.cer>;alg=ES256;ppt="shaken"',
            "a.b ; info = <sip:a@[::1]> ;x=y",
            '"ZYNBbHC00VMZr2kZt6VmCvPonWJMGvQTBDqghoWeLxJ="',
            "a.b;alg=ES256",
        ],
        {
            "": (0, "LDQUOT / identity-digest"),
            "a.b;": (4, "ident-info-params"),
            "a b": (1, 'base64-char / "." / SEMI'),
            "a.b;info=https://x/y": (9, "info-uri"),
            "a.b;info=<https://x>;alg=": (25, "token / quoted-string"),
            '"a': (2, "base64-char / RDQUOT"),
        },
    ),
    "Identity-Info": (
        ["<https://atlanta.example.com/atlanta.cer>;alg=rsa-sha1"],
        {"https://a/b": (0, "info-uri"), "<https://a/b>;alg=": (18, "token / quoted-string")},
    ),
    "In-Reply-To": (
        ["a@b, c"],
        {"a@b,": (4, "callid"), "": (0, "callid"), "a b": (1, '"@" / COMMA')},
    ),
    "Info-Package": (
        ["foo;x=y"],
        {"": (0, "Info-package-type"), "foo;": (4, "generic-param"), "foo,bar": (3, "SEMI")},
    ),
    "Join": (
        ["1@b;to-tag=a;from-tag=b"],
        {
            "1@b;to-tag": (10, "EQUAL"),
            "": (0, "callid"),
            "a;to-tag=": (9, "token"),
            "a@b@c": (3, "SEMI"),
        },
    ),
    "MIME-Version": (
        ["1.0"],
        {"1": (1, 'DIGIT / "."'), "": (0, "DIGIT"), "1.": (2, "DIGIT"), "1.0;x": (3, "DIGIT")},
    ),
    "Max-Breadth": (["60"], {"": (0, "DIGIT"), "x": (0, "DIGIT")}),
    "Max-Forwards": (
        ["70", "0068", "255"],
        {
            "": (0, "DIGIT"),
            "70x": (2, "DIGIT"),
            "-1": (0, "DIGIT"),
            "7 0": (1, "DIGIT"),
            "70,70": (2, "DIGIT"),
            "0x46": (1, "DIGIT"),
        },
    ),
    "Min-Expires": (
        ["60"],
        {"60 s": (2, "end of Min-Expires"), "": (0, "delta-seconds"), "-1": (0, "delta-seconds")},
    ),
    "Min-SE": (
        ["90;x=y"],
        {";": (0, "delta-seconds"), "": (0, "delta-seconds"), "90;": (3, "generic-param")},
    ),
    "Organization": (
        ["", "Bücher & Söhne, ??;"],
        {"a\x01": (1, "end of Organization"), "\x00": (0, "TEXT-UTF8-TRIM")},
    ),
    "P-Access-Network-Info": (
        [
            "3GPP-E-UTRAN-FDD;utran-cell-id-3gpp=234150999999999",
            'IEEE-802.11;i-wlan-node-id=ffeeddccbbaa;"ext";network-provided',
            'ADSL2+, 3GPP-UTRAN-FDD; utran-cell-id-3gpp="a b"',
            '3GPP-E-UTRAN-TDD;utran-cell-id-3gpp="23415";network-provided;sbi-nonseam-non3GPP="x"',
            "IEEE-802.11;i-wlan-node-id=0011",
        ],
        {
            "": (0, "access-net-spec"),
            "3GPP-GERAN;": (11, "access-info"),
            "3GPP;x=": (7, "gen-value"),
            '3GPP;x="a': (7, "gen-value"),
            "3GPP,": (5, "access-net-spec"),
            "3GPP utran": (4, "SEMI / COMMA"),
        },
    ),
    "P-Answer-State": (["Confirmed"], {"": (0, "token"), "Confirmed;": (10, "generic-param")}),
    "P-Asserted-Identity": (
        ['"A" <sip:a@b>, tel:+14085264000', "sip:+33@b;user=phone", "im:a@b;x , <sip:c@[::1]>"],
        {
            "": (0, "PAssertedID-value"),
            "<sip:a@b>;x=y": (9, "COMMA"),
            "<sip:a@b": (8, '":" / ";" / headers / RAQUOT'),
            "a@b": (1, 'LWS / LAQUOT / ":"'),
            "<sip:a@b>,": (10, "PAssertedID-value"),
        },
    ),
    "P-Asserted-Service": (
        ["urn:urn-7:3gpp-service.ims.icsi.mmtel"],
        {"urn:foo": (0, "Service-ID"), "": (0, "Service-ID"), "urn:urn-7:a,": (12, "Service-ID")},
    ),
    "P-Associated-URI": (
        ["", "<sip:a@b>, <tel:+33>;x", ", <sip:a@b>", '"x" <sip:a@b>;y="z" , <tel:+33>'],
        {
            "sip:a@b": (3, "LWS / LAQUOT"),
            "<sip:a@b>,": (10, "p-aso-uri-spec"),
            "<sip:a@b> <tel:+33>": (10, "SEMI / COMMA"),
        },
    ),
    "P-Called-Party-ID": (
        ["<sip:a@b>;x"],
        {
            "sip:a@b": (3, "LWS / LAQUOT"),
            "": (0, "name-addr"),
            "<sip:a@b": (8, '":" / ";" / headers / RAQUOT'),
        },
    ),
    "P-Charge-Info": (
        ["<sip:a@b;npi=1>;noa=3", '"A" <tel:+33>', "sip:a@b;npi=1"],
        {"": (0, "name-addr / addr-spec"), "<sip:a@b>;": (10, "generic-param")},
    ),
    "P-Charging-Function-Addresses": (
        ['ccf=192.1.1.1; ecf="x", ccf=[::1]'],
        {"ccf=": (4, "gen-value"), "": (0, "charge-addr-params"), "ccf=a;": (6, "generic-param")},
    ),
    "P-Charging-Vector": (
        ['icid-value="AyretyU0dm+6O2IrT5tAFrbHLso=023551024"; orig-ioi=home1.net'],
        {
            "orig-ioi=a": (0, "icid-value"),
            "": (0, "icid-value"),
            "icid-value=": (11, "gen-value"),
            "icid-value": (10, "EQUAL"),
        },
    ),
    "P-DCS-Billing-Info": (
        ['0123AF/23@rks.example.net;charge="tel:+33"'],
        {"": (0, "HEXDIG"), "0123AF": (6, 'HEXDIG / "/"'), "x/1@h": (0, "HEXDIG")},
    ),
    "P-DCS-LAES": (
        ["192.0.2.7:44;content=192.0.2.9:45", "h.example;x"],
        {"": (0, "hostport"), "h;content=_": (10, "hostport")},
    ),
    "P-DCS-OSPS": (["BLV", "RING"], {"": (0, "token"), "B L": (1, "end of P-DCS-OSPS")}),
    "P-DCS-Redirect": (
        ['"tel:+33";redirector-uri="sip:a@b";count=1'],
        {"sip:a@b": (0, "LDQUOT"), '"tel:+33";count=x': (16, "DIGIT")},
    ),
    "P-DCS-Trace-Party-ID": (
        ["<sip:+1@b;user=phone>;timestamp=1.5;x"],
        {"sip:a@b": (3, "LWS / LAQUOT"), "<sip:a@b>;timestamp=x": (20, "DIGIT")},
    ),
    "P-Early-Media": (
        ["", "supported, gated"],
        {"supported,": (10, "token"), "supported gated": (9, "COMMA"), "a;b": (1, "COMMA")},
    ),
    "P-Media-Authorization": (
        ["0a0B, FF"],
        {
            "": (0, "P-Media-Authorization-Token"),
            "0g": (1, "HEXDIG / COMMA"),
            "a,": (2, "P-Media-Authorization-Token"),
        },
    ),
    "P-Preferred-Identity": (
        ["<tel:+33>", "tel:7042;phone-context=a.com", '"A B" <sip:a@b>', "tel:+1;isub=1;ext=2;x=y"],
        {
            "tel:": (4, "global-number / local-number"),
            "": (0, "PAssertedID-value"),
            "<sip:a@b>;x": (9, "COMMA"),
            "A B sip:a@b": (7, "LWS / LAQUOT"),
            '"A <sip:a@b>': (0, "PAssertedID-value"),
            "tel:+": (5, "visual-separator / DIGIT"),
        },
    ),
    "P-Preferred-Service": (
        ["urn:urn-7:a, urn:urn-7:b.c-d"],
        {
            "urn:urn-7:": (10, "urn-service-id"),
            "": (0, "Service-ID"),
            "urn:urn-7:a..b": (12, "let-dig"),
            "urn:urn-7:a_b": (11, 'let-dig / "." / COMMA'),
            "urn:urn-7:aaaaaaaaaaaaaaaaaaaaaaaaaaaa": (37, '"." / COMMA'),
            "<urn:urn-7:a>": (0, "Service-ID"),
            "urn:urn-xxx:a": (0, "Service-ID"),
        },
    ),
    "P-Private-Network-Indication": (
        ["network.example.com;x=y"],
        {"": (0, "hostname"), "a_b": (1, "SEMI"), "1.2": (0, "hostname")},
    ),
    "P-Profile-Key": (
        ["<sip:chatroom-!.*!@example.com>"],
        {
            "": (0, "name-addr / bare-addr-spec"),
            "<sip:a@b>;": (10, "generic-param"),
            "a@b": (1, 'LWS / LAQUOT / ":"'),
        },
    ),
    "P-Refused-URI-List": (
        ["<sip:a@b>;members=<sip:a@b>", 'sip:a@b;members="<cid:a@b>", <sip:c@d>;members=<cid:e@f>'],
        {
            "": (0, "uri-list-entry"),
            "<sip:a@b>;members=x": (18, "quoted-string / members-in-brackets"),
        },
    ),
    "P-Served-User": (
        ["<sip:a@b>; sescase=orig; regstate=reg", "<sip:a@b>;orig-cdiv"],
        {
            "<sip:a@b>;sescase=x": (18, '"orig" / "term"'),
            "": (0, "name-addr / bare-addr-spec"),
            "<sip:a@b>;regstate=on": (19, '"unreg" / "reg"'),
        },
    ),
    "P-User-Database": (
        ["<aaa://host.example.com;transport=tcp>"],
        {"aaa://h": (0, "LAQUOT"), "": (0, "LAQUOT"), "<aaa>": (4, '":"')},
    ),
    "P-Visited-Network-ID": (
        ['other.net, "a b";x'],
        {"a b": (1, "SEMI / COMMA"), "": (0, "vnetwork-spec"), '"a': (0, "vnetwork-spec")},
    ),
    "Path": (
        ["<sip:p.example.com;lr>,<sip:q>;x", '<sip:p;lr>;a="b" , "x" <sip:[::1]:5060;lr>'],
        {
            "sip:p.example.com;lr": (3, "LWS / LAQUOT"),
            "": (0, "route-param"),
            "<sip:p;lr": (
                9,
                (
                    'unreserved / escaped / user-unreserved / ":" / "@" / ";" / paramchar / "'
                    '=" / headers / RAQUOT'
                ),
            ),
            "<sip:p;lr>,": (11, "route-param"),
            "<sip:p;lr>;": (11, "generic-param"),
        },
    ),
    "Permission-Missing": (
        ["<sip:a@b>"],
        {"": (0, "per-miss-spec"), "a@b": (1, 'LWS / LAQUOT / ":"')},
    ),
    "Policy-Contact": (
        ["<sip:host@[::1]>;non-cacheable, <https://a/b>;alt-uri=c.d"],
        {
            "": (0, "policyContact-info"),
            "sip:a@b": (0, "policyContact-info"),
            "<sip:a@b>;alt-uri=1_2": (18, "hostname"),
        },
    ),
    "Priority": (
        ["non-urgent"],
        {"": (0, "token"), "non urgent": (3, "end of Priority"), '"x"': (0, "token")},
    ),
    "Priv-Answer-Mode": (["Auto;require"], {"": (0, "token"), "Auto;;": (5, "generic-param")}),
    "Privacy": (
        ["id", "header;user; critical"],
        {
            "": (0, "priv-value"),
            "id, user": (2, "SEMI"),
            "id;": (3, "priv-value"),
            "id;;user": (3, "priv-value"),
            '"id"': (0, "priv-value"),
        },
    ),
    "Proxy-Authenticate": (
        [
            'Digest realm="a", domain="sip:ss1.carrier.com", qop="auth,auth-int", nonce="f"',
            'Digest realm="a",opaque="", stale=FALSE, algorithm=MD5',
            'Digest realm="a",nonce="b",qop="auth"',
        ],
        {
            "Digest realm=a": (13, "quoted-string"),
            'Digest qop="auth" realm="a"': (18, "COMMA"),
            'Digest stale="false"': (13, '"true" / "false"'),
            "": (0, "challenge"),
            'Digest qop="auth': (16, "COMMA / RDQUOT"),
        },
    ),
    "Proxy-Authentication-Info": (
        ['nextnonce="a"'],
        {"": (0, "ainfo"), "nextnonce=a": (10, "quoted-string")},
    ),
    "Proxy-Authorization": (
        ['Digest uri="sip:a"'],
        {"Digest uri=sip:a": (11, "LDQUOT"), "": (0, "credentials"), "Digest": (6, "LWS")},
    ),
    "Proxy-Require": (
        ["sec-agree"],
        {"": (0, "option-tag"), "a,": (2, "option-tag"), "a;b": (1, "COMMA")},
    ),
    "RAck": (
        ["776656 1 INVITE"],
        {
            "1 INVITE": (2, "DIGIT"),
            "": (0, "DIGIT"),
            "1 2": (3, "DIGIT / LWS"),
            "a 1 INVITE": (0, "DIGIT"),
            "1 1 INVITE x": (10, "end of RAck"),
        },
    ),
    "RSeq": (["988789"], {"x": (0, "DIGIT"), "": (0, "DIGIT"), "-1": (0, "DIGIT")}),
    "Reason": (
        [
            'SIP ;cause=200 ;text="Call completed elsewhere", Q.850;cause=16',
            'SIP;cause=480;text="" , Q.850 ; cause = 31;location=LN',
        ],
        {
            "SIP;cause=x": (10, "DIGIT"),
            "": (0, "reason-value"),
            "SIP;text=x": (9, "quoted-string"),
            "SIP;cause": (9, "EQUAL"),
            "SIP;": (4, "reason-params"),
        },
    ),
    "Record-Route": (
        ["<sip:192.168.1.2;lr>, <sip:a;lr=on>"],
        {
            "sip:a;lr": (3, "LWS / LAQUOT"),
            "": (0, "route-param"),
            "<sip:a;lr>,": (11, "route-param"),
            "<sip:a;lr": (
                9,
                (
                    'unreserved / escaped / user-unreserved / ":" / "@" / ";" / paramchar / "'
                    '=" / headers / RAQUOT'
                ),
            ),
        },
    ),
    "Recv-Info": (
        ["", "a, b;c"],
        {"a,": (2, "Info-package-type"), "a;": (2, "generic-param"), "a b": (1, "SEMI / COMMA")},
    ),
    "Refer-Events-At": (
        ["<sips:s78fg@[2001:db8::1];gr>;x=y"],
        {
            "": (0, "LAQUOT"),
            "sip:a@b": (0, "LAQUOT"),
            "<tel:+33>": (1, "SIP-URI"),
            "<sip:a@b": (8, '":" / ";" / headers / RAQUOT'),
        },
    ),
    "Refer-Sub": (
        ["true", "FALSE;x"],
        {
            "maybe": (0, '"true" / "false"'),
            "": (0, '"true" / "false"'),
            "true;": (5, "generic-param"),
        },
    ),
    "Refer-To": (
        ["<sip:a@b?Replaces=x>", "sip:a@b;method=INVITE"],
        {
            "": (0, "name-addr / bare-addr-spec"),
            "<sip:a@b": (8, '":" / ";" / headers / RAQUOT'),
            "sip:a@b?x=y": (7, '":" / SEMI'),
            "<sip:a@b>,<sip:c@d>": (9, "SEMI"),
        },
    ),
    "Referred-By": (
        [
            '<sip:a@b>;cid="20398823.2UWQFN309shb3@referrer.example"',
            'sip:a@b;cid="a.b@c.d."',
            '<sip:a@b>;cid="a@[::1]"',
        ],
        {
            "": (0, "name-addr / bare-addr-spec"),
            '<sip:a@b>;cid="a"': (16, '"." / "@"'),
            "<sip:a@b>;cid=a@b": (14, "sip-clean-msg-id"),
            "<sip:a@b>;": (10, "referredby-param"),
        },
    ),
    "Reject-Contact": (
        ['*;actor="msg-taker";video'],
        {"": (0, "ac-value"), "video": (0, "ac-value"), "*;": (2, "generic-param")},
    ),
    "Replaces": (
        ["98732@sip.example.com;from-tag=r33th4x0r;to-tag=ff87ff;early-only"],
        {
            "": (0, "callid"),
            "a;from-tag": (10, "EQUAL"),
            'a;to-tag="x"': (9, "token"),
            "a,b": (1, '"@" / SEMI'),
        },
    ),
    "Reply-To": (
        ["Bob <sip:bob@biloxi.com>"],
        {
            "Bob": (3, 'LWS / LAQUOT / ":"'),
            "": (0, "name-addr / bare-addr-spec"),
            "<sip:a@b>;": (10, "generic-param"),
        },
    ),
    "Request-Disposition": (
        ["proxy, recurse, parallel"],
        {
            "": (0, "directive"),
            "perhaps": (0, "directive"),
            "proxy,": (6, "directive"),
            "proxies": (0, "directive"),
        },
    ),
    "Require": (
        ["eventlist, 100rel", "pref"],
        {
            "": (0, "option-tag"),
            "a,,b": (2, "option-tag"),
            "pref;x": (4, "COMMA"),
            "a b": (1, "COMMA"),
        },
    ),
    "Resource-Priority": (
        ["dsn.flash"],
        {
            "dsn": (3, '"."'),
            "": (0, "r-value"),
            "dsn.flash.x": (9, "COMMA"),
            "dsn.": (4, "token-nodot"),
        },
    ),
    "Retry-After": (
        [
            "18000;duration=3600",
            "120 (I'm in a (small) meeting)",
            '5 (a\\)b (c)) ;duration=1;x="y"',
        ],
        {
            "": (0, "delta-seconds"),
            "soon": (0, "delta-seconds"),
            "-1": (0, "delta-seconds"),
            "5 (a": (1, "comment / SEMI"),
            "5;duration=x": (11, "delta-seconds"),
            "5 (\\é)": (1, "comment / SEMI"),
        },
    ),
    "Route": (
        ["<sip:192.168.1.2:5060;transport=udp;lr>", '"x" <sip:a;lr>;y="z"'],
        {
            "sip:192.168.1.2;lr": (3, "LWS / LAQUOT"),
            "<sip:a": (
                6,
                'unreserved / escaped / user-unreserved / ":" / "@" / ";" / headers / RAQUOT',
            ),
            "": (0, "route-param"),
            "<sip:a>,": (8, "route-param"),
            "<sip:a>;": (8, "generic-param"),
            "<sip:a> <sip:b>": (8, "SEMI / COMMA"),
        },
    ),
    "SIP-ETag": (
        ["ac63be7e9042439dad76da16904cf48d", "1.0~*!", "!%*_+`'~-."],
        {
            "": (0, "entity-tag"),
            '"a"': (0, "entity-tag"),
            "a b": (1, "end of SIP-ETag"),
            "a;b": (1, "end of SIP-ETag"),
            "W/x": (1, "end of SIP-ETag"),
            "a/b": (1, "end of SIP-ETag"),
            "a,b": (1, "end of SIP-ETag"),
            "<a>": (0, "entity-tag"),
        },
    ),
    "SIP-If-Match": (
        ["12345"],
        {
            "a,b": (1, "end of SIP-If-Match"),
            "": (0, "entity-tag"),
            '"12345"': (0, "entity-tag"),
            "12345;": (5, "end of SIP-If-Match"),
            "a b": (1, "end of SIP-If-Match"),
        },
    ),
    "Security-Client": (
        [
            "ipsec-3gpp; alg=hmac-sha-1-96; prot=esp; spi-c=1; port-s=5063;q=0.1, tls",
            'ipsec-3gpp ; alg="x";prot=esp;mod=trans',
        ],
        {
            "": (0, "sec-mechanism"),
            "tls;q=x": (6, "qvalue"),
            "tls,": (4, "sec-mechanism"),
            "tls;q=1.1": (8, "SEMI / COMMA"),
            "tls;q": (5, "EQUAL"),
            "ipsec 3gpp": (5, "SEMI / COMMA"),
        },
    ),
    "Security-Server": (
        ["digest;d-qop=auth"],
        {
            "tls;": (4, "mech-parameters"),
            "": (0, "sec-mechanism"),
            "tls,,tls": (4, "sec-mechanism"),
        },
    ),
    "Security-Verify": (
        ['digest;d-ver="00000000000000000000000000000000"'],
        {
            'digest;d-ver="0"': (15, "LHEX"),
            "digest;d-ver=00000000000000000000000000000000": (13, "LDQUOT"),
            'digest;d-ver="000000000000000000000000000000000"': (46, "RDQUOT"),
            'digest;d-ver="AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"': (14, "LHEX"),
        },
    ),
    "Server": (
        ["HomeServer/v2 (a (b) c)"],
        {
            "": (0, "server-val"),
            "a (b": (2, "server-val"),
            "a/": (2, "token"),
            "[x]": (0, "server-val"),
        },
    ),
    "Service-Route": (
        ["<sip:P2.HOME.EXAMPLE.COM;lr>"],
        {"": (0, "route-param"), "<sip:a;lr>,": (11, "route-param"), "sip:a": (3, "LWS / LAQUOT")},
    ),
    "Session-Expires": (
        ["4000;refresher=uac", '90;x="y";refresher=UAS'],
        {
            "4000;refresher=me": (15, '"uas" / "uac"'),
            "": (0, "delta-seconds"),
            "x": (0, "delta-seconds"),
            "90;": (3, "se-params"),
            "90;refresher": (12, "EQUAL"),
        },
    ),
    "Session-ID": (
        [
            "ab30317f1a784dc48ff824d0d3715d86;remote=00000000000000000000000000000000",
            "00000000000000000000000000000000;x=y",
        ],
        {
            "": (0, "sess-uuid"),
            "AB30317F1A784DC48FF824D0D3715D86": (0, "sess-uuid"),
            "ab30317f1a784dc48ff824d0d3715d8": (31, "LHEX"),
            "ab30317f-1a78-4dc4-8ff8-24d0d3715d86": (8, "LHEX"),
            "00000000000000000000000000000000;remote=1": (41, "LHEX"),
        },
    ),
    "Subject": (
        ["", 'a, ;;<> "é'],
        {
            "a\x7f": (1, "end of Subject"),
            "a\x00b": (1, "end of Subject"),
            "\udcff": (0, "TEXT-UTF8-TRIM"),
        },
    ),
    "Subscription-State": (
        [
            "active;expires=3600",
            "terminated;reason=noresource;retry-after=5",
            "active",
            'ACTIVE ; expires = 1 ;reason=x;retry-after=0;y="z"',
        ],
        {
            "": (0, "substate-value"),
            "active;expires=x": (15, "delta-seconds"),
            "active;": (7, "subexp-params"),
            "active,pending": (6, "SEMI"),
            "active;expires": (14, "EQUAL"),
            "active;expires=-1": (15, "delta-seconds"),
            'active;expires="60"': (15, "delta-seconds"),
            "active;reason=": (14, "token"),
            'active;reason="x"': (14, "token"),
            "pending;retry-after=x": (20, "delta-seconds"),
            "active expires=1": (6, "SEMI"),
            '"active"': (0, "substate-value"),
        },
    ),
    "Supported": (
        ["", "eventlist, path,gruu"],
        {
            "a,": (2, "option-tag"),
            "a b": (1, "COMMA"),
            "a,,b": (2, "option-tag"),
            ",a": (0, "option-tag"),
            "a;b": (1, "COMMA"),
            '"a"': (0, "option-tag"),
        },
    ),
    "Suppress-If-Match": (
        ["*", "b4cf7"],
        {"": (0, "entity-tag"), '"a"': (0, "entity-tag"), "a,b": (1, "end of Suppress-If-Match")},
    ),
    "Target-Dialog": (
        ["fa77as7dad8-sd98ajzz@h;local-tag=kkaz-;remote-tag=6544"],
        {"": (0, "callid"), "a;local-tag": (11, "EQUAL"), "a b": (1, '"@" / SEMI')},
    ),
    "Timestamp": (
        ["54", "54.21 .2", "1.", "1.5\t2."],
        {
            "": (0, "DIGIT"),
            "a": (0, "DIGIT"),
            ".5": (0, "DIGIT"),
            "1 a": (2, 'DIGIT / "."'),
            "-1": (0, "DIGIT"),
        },
    ),
    "To": (
        [
            "sip:vivekg@chair-dnrc.example.com ;   tag    = 1918181833n",
            "isbn:2983792873",
            "<sip:a@b>;tag=1;x",
        ],
        {
            '"Watson" < sip:t@example.org >': (10, "addr-spec"),
            "sip:%6@b": (4, "bare-userinfo / hostport"),
            "sip:a@b:": (8, "port"),
            "": (0, "name-addr / bare-addr-spec"),
            "<sip:a@b>;tag": (13, "EQUAL"),
            "<sip:a@b>;": (10, "from-param"),
            "<sip:a@b": (8, '":" / ";" / headers / RAQUOT'),
            "sip:a@b;tag=1;": (14, "from-param"),
            "sip:a@b?x=y": (7, '":" / SEMI'),
            "<sip:a@b>;tag=1,<sip:c@d>": (15, "SEMI"),
        },
    ),
    "Trigger-Consent": (
        ['sip:a@b;target-uri="sip:c@d"', 'sip:a@b;x=y?c=d;target-uri="sip:e@f" , sips:[::1]:1'],
        {
            "": (0, "trigger-cons-spec"),
            "<sip:a@b>": (0, "trigger-cons-spec"),
            'sip:a@b;target-uri="': (19, "paramchar / quoted-string"),
        },
    ),
    "Unsupported": (["foo"], {"": (0, "option-tag"), "a b": (1, "COMMA")}),
    "User-Agent": (
        [
            "IM-client/OMA1.0 Test-RCS-client/2.5.13",
            "SIPimp.org/0.2.5 (curses)",
            "a (b\\) (c (d (e (f (g ))))))",
            "(a) b/c (d)",
            "a /b",
            "IM-client/OMA1.0",
        ],
        {
            "": (0, "server-val"),
            "a/": (2, "token"),
            "a b [c]": (4, "server-val"),
            "(a))": (3, "LWS"),
            "a/b/c": (3, "LWS"),
            "a,b": (1, "SLASH / LWS"),
            '"a"': (0, "server-val"),
            "a;b": (1, "SLASH / LWS"),
            "a/ (b)": (3, "token"),
        },
    ),
    "User-to-User": (
        ["56a390f3d2b7310023a2;encoding=hex", '"a b";encoding=hex;purpose=x'],
        {"": (0, "uui-value"), "a b": (1, "SEMI / COMMA"), "a;encoding=": (11, "gen-value")},
    ),
    "Via": (
        [
            "SIP/2.0/UDP 192.168.1.1:5060;branch=z9hG4bKde579051f561c89dff9a1272bf84f9;rport",
            "SIP / 2.0\t/ TCP  spindle.example.com : 5060 ; branch = z9hG4bK9ikj8 , SIP/2.0/UDP h",
            "SIP/2.0/UDP [2001:db8::9:1];received=[2001:db8::9:255];keep;rport=12",
            "SIP/2.0/UDP [::ffff:192.0.2.1]:5060;received=2001:db8::9:255;keep=30;ttl=1;maddr=a.b.",
            'SIP/7.0/UNKNOWN t4.example.com;branch=z9hG4bK-.!%66*_+`\'~;received=1.2.3.4;x="y"',
            'SIP/2.0/UDP [::]:1;branch=z9hG4bKa;x="\\"",SIP/2.0/TLS 1.2.3.4',
            "SIP/2.0/UDP a.b.c.;rport;maddr=[::1];ttl=255",
        ],
        {
            "": (0, "via-parm"),
            "SIP/2.0/UDP": (11, "LWS"),
            "SIP/2.0/UDP 192.0.2.15;;,;,,": (23, "via-params"),
            "SIP/2.0/UDP h;branch=": (21, "token"),
            "SIP/2.0/UDP h;received=name": (23, "IPv4address / IPv6address / IPv6reference"),
            "SIP/2.0/UDP h;rport=x": (20, "DIGIT"),
            "SIP/2.0/UDP 2001:db8::1": (12, "sent-by"),
            "SIP/2.0 h": (7, "SLASH"),
            "SIP/2.0/UDP h:": (14, "port"),
            "SIP/2.0/UDP h:x": (14, "port"),
            "SIP/2.0/UDP a_b": (13, "COLON / SEMI / COMMA"),
            "SIP/2.0/UDP 1.2.3": (12, "sent-by"),
            "SIP/2.0/UDP 1.2.3.256": (20, "COLON / SEMI / COMMA"),
            "SIP/2.0/UDP [::1": (12, "sent-by"),
            "SIP/2.0/UDP [::g]": (12, "sent-by"),
            "SIP/2.0/UDP h;ttl=1234": (21, "SEMI / COMMA"),
            "SIP/2.0/UDP h;maddr=_": (20, "host"),
            "SIP/2.0/UDP h;branch": (20, "EQUAL"),
            'SIP/2.0/UDP h;branch="x"': (21, "token"),
            "SIP/2.0/UDP h;branch=a@b": (22, "SEMI / COMMA"),
            "SIP/2.0/UDP h;rport=": (20, "DIGIT"),
            "SIP/2.0/UDP h;": (14, "via-params"),
            "SIP/2.0/UDP h,": (14, "via-parm"),
            "SIP/2.0 /UDP": (12, "LWS"),
            "SIP/2.0/UDP  h  x": (14, "COLON / SEMI / COMMA"),
            "SIP/2.0/UDP h;received=[::1": (23, "IPv4address / IPv6address / IPv6reference"),
            "SIP/2.0/UDP h;keep=x": (19, "DIGIT"),
        },
    ),
    "WWW-Authenticate": (
        [
            'Digest realm="X",nonce="n"',
            'Basic realm="x"',
            (
                'Digest realm="a",nonce="b",domain="sip:a http://b/ /c",algorithm=AKAv1-M'
                'D5,qop="auth,auth-int"'
            ),
        ],
        {
            "Digest": (6, "LWS"),
            "": (0, "challenge"),
            'Digest realm="a",domain=""': (25, "URI"),
            "Digest qop=auth": (11, "LDQUOT"),
            "Digest stale=maybe": (13, '"true" / "false"'),
            'Digest realm="a" nonce="b"': (16, "COMMA"),
        },
    ),
    "Warning": (
        ['307 isi.edu "x", 399 [::1]:5060 "y"', '301 pseudo_nym "\\"z"', '399 [::1] "a"'],
        {
            '1812 overture "In Progress"': (3, "SP"),
            "399 a b": (6, "warn-text"),
            "": (0, "warning-value"),
            "399 a": (5, '":" / SP'),
            '99 a "b"': (2, "DIGIT"),
            '399 a "b': (6, "warn-text"),
            '399  a "b"': (4, "warn-agent"),
            '399 a "b" "c"': (9, "COMMA"),
        },
    ),
    "X-Unknown": (
        ["", ";;,,;;,;", "стоящий \udc80"],
        {
            "a\x00": (1, "TEXT-UTF8char / UTF8-CONT / WSP"),
            "\udcff": (0, "TEXT-UTF8char / UTF8-CONT / WSP"),
        },
    ),
}
