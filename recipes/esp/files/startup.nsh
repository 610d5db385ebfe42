echo -off
# Starts the loader of cidermill from the EFI shell.
fs0:\EFI\cidermill\loader.efi
