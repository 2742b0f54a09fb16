"""Ten fresh data sets, one network for each: do the networks follow the process?"""
