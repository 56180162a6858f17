"""Usage: enrollkey.py VARIABLES CERTIFICATE

Puts a certificate (DER) into a file of OVMF's variables as the MokList that shim
reads, which is what MokManager does when somebody has answered its questions."""
import struct
import sys
import uuid

SHIM = uuid.UUID("605dab50-e046-4300-abb6-3dd810dd8b23").bytes_le
X509 = uuid.UUID("a5c059a1-94e4-4aa7-87b5-ab155c2bf072").bytes_le
MAGIC = 0x55AA

path, certificate = sys.argv[1:]
with open(certificate, "rb") as file:
    der = file.read()
with open(path, "rb") as file:
    store = bytearray(file.read())

# EFI_SIGNATURE_LIST: type; its size, a header's, an entry's; the entry: owner, certificate
data = X509 + struct.pack("<III", 28 + 16 + len(der), 0, 16 + len(der)) + SHIM + der
name = "MokList\0".encode("utf-16-le")
# AUTHENTICATED_VARIABLE_HEADER: added (0x3f), non-volatile and of boot services (3)
variable = struct.pack("<HBBIQ16sIII", MAGIC, 0x3F, 0, 3, 0, b"", 0, len(name), len(data)) + SHIM + name + data

# After the header of the volume, whose length is in it, and the store's.
at = struct.unpack_from("<H", store, 48)[0] + 28
while struct.unpack_from("<H", store, at)[0] == MAGIC:
    name_size, data_size = struct.unpack_from("<II", store, at + 36)
    at += (60 + name_size + data_size + 3) & ~3
if store[at:at + len(variable)] != b"\xff" * len(variable):
    sys.exit(f"{path}: no room after its variables")
store[at:at + len(variable)] = variable
with open(path, "wb") as file:
    file.write(store)
