// Original file: bombyx/v1/verifier.proto


export interface GetCollateralRequest {
  /**
   * 6 bytes.
   */
  'fmspc'?: (Buffer | Uint8Array | string);
  /**
   * "platform" or "processor": the CA of the PCK certificate.
   */
  'ca'?: (string);
}

export interface GetCollateralRequest__Output {
  /**
   * 6 bytes.
   */
  'fmspc': (Buffer);
  /**
   * "platform" or "processor": the CA of the PCK certificate.
   */
  'ca': (string);
}
