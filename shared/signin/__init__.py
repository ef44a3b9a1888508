"""Sign-in: who a request's token or trusted header names, as Microsoft Entra ID vouches for it."""
