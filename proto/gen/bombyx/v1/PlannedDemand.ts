// Original file: bombyx/v1/market.proto

import type { Long } from '@grpc/proto-loader';

export interface PlannedDemand {
  'demandId'?: (Buffer | Uint8Array | string);
  'organisation'?: (string);
  'model'?: (string);
  'servedQueriesPerDay'?: (number | string | Long);
  'unmetQueriesPerDay'?: (number | string | Long);
  /**
   * nanoTON.
   */
  'costPerDay'?: (number | string | Long);
  /**
   * "" where all is met, "no-host", "capacity" or "unknown-model".
   */
  'unmetBecause'?: (string);
}

export interface PlannedDemand__Output {
  'demandId': (Buffer);
  'organisation': (string);
  'model': (string);
  'servedQueriesPerDay': (string);
  'unmetQueriesPerDay': (string);
  /**
   * nanoTON.
   */
  'costPerDay': (string);
  /**
   * "" where all is met, "no-host", "capacity" or "unknown-model".
   */
  'unmetBecause': (string);
}
