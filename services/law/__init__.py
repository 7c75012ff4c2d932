"""Which rules of the law are kept, where and by which test, as data. Pure; the command and the tests read it."""
