// Original file: bombyx/v1/verifier.proto


export interface GetCollateralResponse {
  'collateral'?: (Buffer | Uint8Array | string);
}

export interface GetCollateralResponse__Output {
  'collateral': (Buffer);
}
