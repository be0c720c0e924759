// Original file: bombyx/v1/market.proto


export interface RemoveDemandRequest {
  'demandId'?: (Buffer | Uint8Array | string);
}

export interface RemoveDemandRequest__Output {
  'demandId': (Buffer);
}
