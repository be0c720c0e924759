// Original file: bombyx/v1/registry_admin.proto


export interface LiftQuarantineRequest {
  'hostId'?: (Buffer | Uint8Array | string);
}

export interface LiftQuarantineRequest__Output {
  'hostId': (Buffer);
}
