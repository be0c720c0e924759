import type * as grpc from '@grpc/grpc-js';
import type { MessageTypeDefinition } from '@grpc/proto-loader';

import type { CoveredStatement as _bombyx_v1_CoveredStatement, CoveredStatement__Output as _bombyx_v1_CoveredStatement__Output } from './bombyx/v1/CoveredStatement.ts';
import type { GiveVoucherRequest as _bombyx_v1_GiveVoucherRequest, GiveVoucherRequest__Output as _bombyx_v1_GiveVoucherRequest__Output } from './bombyx/v1/GiveVoucherRequest.ts';
import type { ListVouchersRequest as _bombyx_v1_ListVouchersRequest, ListVouchersRequest__Output as _bombyx_v1_ListVouchersRequest__Output } from './bombyx/v1/ListVouchersRequest.ts';
import type { ListVouchersResponse as _bombyx_v1_ListVouchersResponse, ListVouchersResponse__Output as _bombyx_v1_ListVouchersResponse__Output } from './bombyx/v1/ListVouchersResponse.ts';
import type { PaymentStatus as _bombyx_v1_PaymentStatus, PaymentStatus__Output as _bombyx_v1_PaymentStatus__Output } from './bombyx/v1/PaymentStatus.ts';
import type { PaymentsClient as _bombyx_v1_PaymentsClient, PaymentsDefinition as _bombyx_v1_PaymentsDefinition } from './bombyx/v1/Payments.ts';
import type { StoreVoucherResponse as _bombyx_v1_StoreVoucherResponse, StoreVoucherResponse__Output as _bombyx_v1_StoreVoucherResponse__Output } from './bombyx/v1/StoreVoucherResponse.ts';
import type { StoredVoucher as _bombyx_v1_StoredVoucher, StoredVoucher__Output as _bombyx_v1_StoredVoucher__Output } from './bombyx/v1/StoredVoucher.ts';
import type { VoucherMessage as _bombyx_v1_VoucherMessage, VoucherMessage__Output as _bombyx_v1_VoucherMessage__Output } from './bombyx/v1/VoucherMessage.ts';
import type { VouchersClient as _bombyx_v1_VouchersClient, VouchersDefinition as _bombyx_v1_VouchersDefinition } from './bombyx/v1/Vouchers.ts';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  bombyx: {
    v1: {
      CoveredStatement: MessageTypeDefinition<_bombyx_v1_CoveredStatement, _bombyx_v1_CoveredStatement__Output>
      GiveVoucherRequest: MessageTypeDefinition<_bombyx_v1_GiveVoucherRequest, _bombyx_v1_GiveVoucherRequest__Output>
      ListVouchersRequest: MessageTypeDefinition<_bombyx_v1_ListVouchersRequest, _bombyx_v1_ListVouchersRequest__Output>
      ListVouchersResponse: MessageTypeDefinition<_bombyx_v1_ListVouchersResponse, _bombyx_v1_ListVouchersResponse__Output>
      PaymentStatus: MessageTypeDefinition<_bombyx_v1_PaymentStatus, _bombyx_v1_PaymentStatus__Output>
      /**
       * At a relay, for clients: pays the host of a session. Authorised as Relay is.
       */
      Payments: SubtypeConstructor<typeof grpc.Client, _bombyx_v1_PaymentsClient> & { service: _bombyx_v1_PaymentsDefinition }
      StoreVoucherResponse: MessageTypeDefinition<_bombyx_v1_StoreVoucherResponse, _bombyx_v1_StoreVoucherResponse__Output>
      StoredVoucher: MessageTypeDefinition<_bombyx_v1_StoredVoucher, _bombyx_v1_StoredVoucher__Output>
      VoucherMessage: MessageTypeDefinition<_bombyx_v1_VoucherMessage, _bombyx_v1_VoucherMessage__Output>
      /**
       * At the market. Vouchers prove themselves; relays deliver them, payees and relays ask for them.
       */
      Vouchers: SubtypeConstructor<typeof grpc.Client, _bombyx_v1_VouchersClient> & { service: _bombyx_v1_VouchersDefinition }
    }
  }
}

