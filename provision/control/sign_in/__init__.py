"""Who is signed in: `sessions` of browsers, `half_sign_ins` between password and second factor."""
