"""Who made a model: a signature in a file beside it, with a key that is nobody else's.

A hash says that a file is as it was written; anyone who changes it can write a new hash.  A signature says that whoever has
the key has written it, and nothing more: not that the model is good, and not that it is harmless.  It is made over the
manifest, which lists the SHA-256 of every other file, so moving or packing a model does not break it.
Source: Ed25519, RFC 8032; keys as PEM, as openssl writes them.
"""

import json
import os
from pathlib import Path
from typing import Any

from assay.archive import files
from assay.archive.manifest import check
from assay.core.errors import BundleError, ConfigError
from assay.core.files import sha256_bytes, write_atomic
from assay.core.optional import require

SUFFIX = ".sig"
MOST_BYTES = 4096
_CONTEXT = b"assay model signature 1\n"  # so that what is signed here can be mistaken for nothing else


def make_key(path: Path) -> Path:
    """Write a new private key, for its owner's eyes only, and beside it the public one (.pub), whose path is given back.

    Raises ConfigError where there is a file already: a key that is overwritten is lost.
    """
    keys, formats = _libraries()
    public = path.with_name(path.name + ".pub")
    for place in (path, public):
        if place.exists():
            raise ConfigError(f"{place} exists; choose another name, a key that is overwritten is lost.")
    key = keys.Ed25519PrivateKey.generate()
    told = key.private_bytes(formats.Encoding.PEM, formats.PrivateFormat.PKCS8, formats.NoEncryption())
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as stream:
            stream.write(told)
        write_atomic(public, key.public_key().public_bytes(formats.Encoding.PEM, formats.PublicFormat.SubjectPublicKeyInfo))
    except OSError as error:
        raise ConfigError(f"{path}: the key cannot be written ({error.strerror}).") from error
    return public


def sign(model: Path, key: Path) -> Path:
    """Sign a saved model that is whole; the signature's path, ``model`` with .sig.

    Raises BundleError for a model that is not, ConfigError for a key that is none.
    """
    _, formats = _libraries()
    manifest = _manifest(model)
    private = _load(key, lambda content: formats.load_pem_private_key(content, password=None), "sign")
    public = private.public_key().public_bytes_raw()
    told = {"key": public.hex(), "signature": private.sign(_CONTEXT + manifest).hex(), "manifest": sha256_bytes(manifest)}
    place = beside(model)
    try:
        write_atomic(place, (json.dumps(told, sort_keys=True) + "\n").encode())
    except OSError as error:
        raise ConfigError(f"{place} cannot be written: {error.strerror}.") from error
    return place


def verify_signature(model: Path, key: Path) -> str:
    """The fingerprint of the public key, when it has signed the model as it is.  Raises BundleError where it has not."""
    _, formats = _libraries()
    from cryptography.exceptions import InvalidSignature

    place, manifest = beside(model), _manifest(model)
    public = _load(key, formats.load_pem_public_key, "verify")
    told = _read(place)
    own: str = public.public_bytes_raw().hex()
    if told["key"] != own:
        raise BundleError(f"{place} was made with another key ({told['key'][:16]}…) than {key} ({own[:16]}…).")
    try:
        public.verify(bytes.fromhex(told["signature"]), _CONTEXT + manifest)
    except InvalidSignature as error:
        raise BundleError(
            f"{place} does not fit {model}: the model was changed after it was signed, or another one was signed."
        ) from error
    return own


def beside(model: Path) -> Path:
    return model.with_name(model.name + SUFFIX)


def _manifest(model: Path) -> bytes:
    parts = files.read(model)
    check(parts, str(model))
    return parts[files.MANIFEST]


def _read(place: Path) -> dict[str, str]:
    try:
        with place.open("rb") as stream:
            told = json.loads(stream.read(MOST_BYTES))
    except FileNotFoundError as error:
        raise BundleError(f"there is no signature {place}; assay model sign makes one.") from error
    except (OSError, ValueError, RecursionError) as error:
        raise BundleError(f"{place} is no signature of a model ({error}).") from error
    try:
        lengths = [len(bytes.fromhex(told[name])) for name in ("key", "signature", "manifest")]
    except (KeyError, TypeError, ValueError):
        lengths = []
    if lengths != [32, 64, 32]:
        raise BundleError(f"{place} is no signature of a model; sign it again.")
    return dict(told)


def _load(path: Path, load: Any, what: str) -> Any:
    keys, _ = _libraries()
    kind = keys.Ed25519PrivateKey if what == "sign" else keys.Ed25519PublicKey
    try:
        key = load(path.read_bytes()[:MOST_BYTES])
    except OSError as error:
        raise ConfigError(f"the key {path} cannot be read: {error.strerror}.") from error
    except (ValueError, TypeError) as error:
        raise ConfigError(f"{path} holds no key to {what} with; assay model keygen makes a pair.") from error
    if not isinstance(key, kind):
        raise ConfigError(f"{path} holds a key of another kind; Ed25519 is used, and assay model keygen makes a pair.")
    return key


def _libraries() -> tuple[Any, Any]:
    where = "cryptography.hazmat.primitives"
    purpose = "signing a model"
    keys = require(f"{where}.asymmetric.ed25519", extra="sign", purpose=purpose)
    return keys, require(f"{where}.serialization", extra="sign", purpose=purpose)
