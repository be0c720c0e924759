// Original file: bombyx/v1/host_session.proto


/**
 * The market's word on the last LeftStatements: places in it, from 0. Those in neither list may be offered again.
 */
export interface LeftWord {
  'stored'?: (number)[];
  'refused'?: (number)[];
}

/**
 * The market's word on the last LeftStatements: places in it, from 0. Those in neither list may be offered again.
 */
export interface LeftWord__Output {
  'stored': (number)[];
  'refused': (number)[];
}
