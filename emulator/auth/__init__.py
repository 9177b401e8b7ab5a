"""Who a token belongs to, and where programs get tokens when Google is not asked.

Map: ``tokens`` (the tokens file, written down), ``book`` (the file in use: looked up, reloaded,
``--auth tokens``), ``issued`` (access tokens given out while we run), ``oauth`` and ``grants`` (the
token endpoint), ``assertions`` (what service accounts sign), ``metadata`` (Google's metadata
server), ``credentials`` (key files whose tokens come from us), ``google`` (``--auth google``),
``keys`` and ``certificate`` (RSA and TLS), ``digests`` (how secrets are kept).

Secrets are never stored: files and memory hold their SHA-256.
"""
