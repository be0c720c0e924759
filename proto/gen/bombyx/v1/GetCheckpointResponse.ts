// Original file: bombyx/v1/log.proto


export interface GetCheckpointResponse {
  /**
   * A signed note.
   */
  'checkpoint'?: (Buffer | Uint8Array | string);
}

export interface GetCheckpointResponse__Output {
  /**
   * A signed note.
   */
  'checkpoint': (Buffer);
}
