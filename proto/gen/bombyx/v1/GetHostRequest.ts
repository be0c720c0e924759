// Original file: bombyx/v1/registry_admin.proto


export interface GetHostRequest {
  'hostId'?: (Buffer | Uint8Array | string);
}

export interface GetHostRequest__Output {
  'hostId': (Buffer);
}
