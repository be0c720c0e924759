// Original file: bombyx/v1/market.proto


export interface GetPlanRequest {
  /**
   * 0: 10.
   */
  'seconds'?: (number);
}

export interface GetPlanRequest__Output {
  /**
   * 0: 10.
   */
  'seconds': (number);
}
