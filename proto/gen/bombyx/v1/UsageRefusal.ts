// Original file: bombyx/v1/metering.proto


export interface UsageRefusal {
  /**
   * Index in the request.
   */
  'index'?: (number);
  'code'?: (string);
}

export interface UsageRefusal__Output {
  /**
   * Index in the request.
   */
  'index': (number);
  'code': (string);
}
