// Original file: bombyx/v1/market.proto


export interface RemoveSupplyRequest {
  'hostId'?: (Buffer | Uint8Array | string);
}

export interface RemoveSupplyRequest__Output {
  'hostId': (Buffer);
}
