// Original file: bombyx/v1/registry_admin.proto


export interface AddReferenceValueRequest {
  /**
   * A leaf of kind `reference-value`, RFC 8785 form.
   */
  'leaf'?: (Buffer | Uint8Array | string);
}

export interface AddReferenceValueRequest__Output {
  /**
   * A leaf of kind `reference-value`, RFC 8785 form.
   */
  'leaf': (Buffer);
}
