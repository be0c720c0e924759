// Original file: bombyx/v1/registry_admin.proto


export interface QuarantineHostRequest {
  'hostId'?: (Buffer | Uint8Array | string);
  'reason'?: (string);
}

export interface QuarantineHostRequest__Output {
  'hostId': (Buffer);
  'reason': (string);
}
