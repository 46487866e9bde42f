"""Sources: who is asked whether a release is quiet. One protocol, one file each; deciding is apart from asking."""
