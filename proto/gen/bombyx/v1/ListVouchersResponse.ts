// Original file: bombyx/v1/payment.proto

import type { StoredVoucher as _bombyx_v1_StoredVoucher, StoredVoucher__Output as _bombyx_v1_StoredVoucher__Output } from '../../bombyx/v1/StoredVoucher.ts';

export interface ListVouchersResponse {
  'vouchers'?: (_bombyx_v1_StoredVoucher)[];
}

export interface ListVouchersResponse__Output {
  'vouchers': (_bombyx_v1_StoredVoucher__Output)[];
}
