// Original file: bombyx/v1/host_session.proto


export interface HostIdentity {
  'keysetDigest'?: (Buffer | Uint8Array | string);
  /**
   * Ed25519 by the session key over "bombyx/link-hello/v1" ‖ lp(relay authority as dialled) ‖ digest ‖ nonce.
   */
  'signature'?: (Buffer | Uint8Array | string);
}

export interface HostIdentity__Output {
  'keysetDigest': (Buffer);
  /**
   * Ed25519 by the session key over "bombyx/link-hello/v1" ‖ lp(relay authority as dialled) ‖ digest ‖ nonce.
   */
  'signature': (Buffer);
}
