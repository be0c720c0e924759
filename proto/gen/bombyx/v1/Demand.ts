// Original file: bombyx/v1/market.proto

import type { Long } from '@grpc/proto-loader';

/**
 * What somebody will ask for: a plan, not a permit.
 */
export interface Demand {
  /**
   * 16 bytes; empty in a new one.
   */
  'demandId'?: (Buffer | Uint8Array | string);
  /**
   * Of the operator's calls; an organisation's own key says which.
   */
  'organisation'?: (string);
  'model'?: (string);
  /**
   * SHA-256 of the weights' manifest; empty: any of that name.
   */
  'weights'?: (Buffer | Uint8Array | string);
  /**
   * Billions of weights, and of those that one token passes through. 0: as the model's card says, where the market knows it.
   */
  'billions'?: (number | string);
  'activeBillions'?: (number | string);
  'queriesPerDay'?: (number);
  /**
   * Averages a query.
   */
  'inputTokens'?: (number);
  'outputTokens'?: (number);
  /**
   * Queries a second at the peak over their average; at least 1.
   */
  'peakFactor'?: (number | string);
  /**
   * nanoTON for one average query; 0: any.
   */
  'priceCeiling'?: (number | string | Long);
  /**
   * Milliseconds to the first token; 0: any.
   */
  'latencyCeilingMs'?: (number);
  /**
   * Empty: any.
   */
  'region'?: (string);
  /**
   * As a key's.
   */
  'minimumPolicy'?: (string);
}

/**
 * What somebody will ask for: a plan, not a permit.
 */
export interface Demand__Output {
  /**
   * 16 bytes; empty in a new one.
   */
  'demandId': (Buffer);
  /**
   * Of the operator's calls; an organisation's own key says which.
   */
  'organisation': (string);
  'model': (string);
  /**
   * SHA-256 of the weights' manifest; empty: any of that name.
   */
  'weights': (Buffer);
  /**
   * Billions of weights, and of those that one token passes through. 0: as the model's card says, where the market knows it.
   */
  'billions': (number);
  'activeBillions': (number);
  'queriesPerDay': (number);
  /**
   * Averages a query.
   */
  'inputTokens': (number);
  'outputTokens': (number);
  /**
   * Queries a second at the peak over their average; at least 1.
   */
  'peakFactor': (number);
  /**
   * nanoTON for one average query; 0: any.
   */
  'priceCeiling': (string);
  /**
   * Milliseconds to the first token; 0: any.
   */
  'latencyCeilingMs': (number);
  /**
   * Empty: any.
   */
  'region': (string);
  /**
   * As a key's.
   */
  'minimumPolicy': (string);
}
