//! How services prove themselves to each other: keys derived from `SECRET_KEY`.

use hkdf::Hkdf;
use sha2::Sha256;
use subtle::ConstantTimeEq;

/// The header that carries the proof.
pub const PROOF_HEADER: &str = "x-service-proof";

/// Derives a 32-byte key for one purpose from the installation's secret (HKDF-SHA-256, RFC 5869).
#[must_use]
pub fn derive_key(secret: &str, purpose: &str) -> [u8; 32] {
    let mut key = [0; 32];
    // 32 bytes are far below HKDF's limit of 255 blocks, so the expansion cannot fail.
    let _ = Hkdf::<Sha256>::new(None, secret.as_bytes()).expand(purpose.as_bytes(), &mut key);
    key
}

/// What a service of this installation sends as [`PROOF_HEADER`].
#[must_use]
pub fn proof(secret: &str) -> String {
    hex::encode(derive_key(secret, "dc-tracker service proof v1"))
}

/// Whether `given` is the proof of this installation, compared in constant time.
#[must_use]
pub fn is_proof(secret: &str, given: &str) -> bool {
    proof(secret).as_bytes().ct_eq(given.as_bytes()).into()
}
