// Original file: bombyx/v1/market.proto


export interface DeliveredLine {
  /**
   * 32 bytes; empty: the market knows no escrow whose voucher key the sessions were opened with.
   */
  'escrow'?: (Buffer | Uint8Array | string);
  /**
   * 32 bytes; empty: no voucher named one yet.
   */
  'payee'?: (Buffer | Uint8Array | string);
  /**
   * nanoTON, of statements that are to be paid.
   */
  'price'?: (string);
}

export interface DeliveredLine__Output {
  /**
   * 32 bytes; empty: the market knows no escrow whose voucher key the sessions were opened with.
   */
  'escrow': (Buffer);
  /**
   * 32 bytes; empty: no voucher named one yet.
   */
  'payee': (Buffer);
  /**
   * nanoTON, of statements that are to be paid.
   */
  'price': (string);
}
