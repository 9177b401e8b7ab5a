# ÿþ taskqueue  <- TQM902
