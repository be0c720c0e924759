// Original file: bombyx/v1/market.proto

import type { Long } from '@grpc/proto-loader';

export interface PlannedHost {
  'hostId'?: (Buffer | Uint8Array | string);
  'provider'?: (string);
  /**
   * Empty: nobody wants what it could serve.
   */
  'model'?: (string);
  'holds'?: (string);
  'moves'?: (boolean);
  'queriesPerDay'?: (number | string | Long);
  /**
   * nanoTON.
   */
  'earningsPerDay'?: (number | string | Long);
  /**
   * Tokens a second that it writes of this model when it is busy, in thousandths, and by how many requests that was measured; none:
   * by data sheets.
   */
  'speedMilli'?: (number | string | Long);
  'measuredBy'?: (number | string | Long);
}

export interface PlannedHost__Output {
  'hostId': (Buffer);
  'provider': (string);
  /**
   * Empty: nobody wants what it could serve.
   */
  'model': (string);
  'holds': (string);
  'moves': (boolean);
  'queriesPerDay': (string);
  /**
   * nanoTON.
   */
  'earningsPerDay': (string);
  /**
   * Tokens a second that it writes of this model when it is busy, in thousandths, and by how many requests that was measured; none:
   * by data sheets.
   */
  'speedMilli': (string);
  'measuredBy': (string);
}
