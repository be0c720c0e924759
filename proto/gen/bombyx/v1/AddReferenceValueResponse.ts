// Original file: bombyx/v1/registry_admin.proto


export interface AddReferenceValueResponse {
  /**
   * RFC 6962: what a revocation names.
   */
  'leafHash'?: (Buffer | Uint8Array | string);
}

export interface AddReferenceValueResponse__Output {
  /**
   * RFC 6962: what a revocation names.
   */
  'leafHash': (Buffer);
}
