"""``tq-emulator exec --intercept``: a program with Google's address wired into it reaches us.

The program is told, by its environment, of a proxy on this machine and of an authority that was
made for this run. Whatever is Google's ends here (``hosts``, ``proxy``), in TLS with certificates
that the authority signs as they are asked for (``authority``); the rest goes where it wants to
(``ways``). ``trust`` writes whom to trust in the forms that programs read, ``running`` joins all.
"""
