import type * as grpc from '@grpc/grpc-js';
import type { MessageTypeDefinition } from '@grpc/proto-loader';

import type { CoveredStatement as _bombyx_v1_CoveredStatement, CoveredStatement__Output as _bombyx_v1_CoveredStatement__Output } from './bombyx/v1/CoveredStatement.ts';
import type { FindStatementsRequest as _bombyx_v1_FindStatementsRequest, FindStatementsRequest__Output as _bombyx_v1_FindStatementsRequest__Output } from './bombyx/v1/FindStatementsRequest.ts';
import type { FindStatementsResponse as _bombyx_v1_FindStatementsResponse, FindStatementsResponse__Output as _bombyx_v1_FindStatementsResponse__Output } from './bombyx/v1/FindStatementsResponse.ts';
import type { GiveVoucherRequest as _bombyx_v1_GiveVoucherRequest, GiveVoucherRequest__Output as _bombyx_v1_GiveVoucherRequest__Output } from './bombyx/v1/GiveVoucherRequest.ts';
import type { ListVouchersRequest as _bombyx_v1_ListVouchersRequest, ListVouchersRequest__Output as _bombyx_v1_ListVouchersRequest__Output } from './bombyx/v1/ListVouchersRequest.ts';
import type { ListVouchersResponse as _bombyx_v1_ListVouchersResponse, ListVouchersResponse__Output as _bombyx_v1_ListVouchersResponse__Output } from './bombyx/v1/ListVouchersResponse.ts';
import type { MeteringClient as _bombyx_v1_MeteringClient, MeteringDefinition as _bombyx_v1_MeteringDefinition } from './bombyx/v1/Metering.ts';
import type { PaymentStatus as _bombyx_v1_PaymentStatus, PaymentStatus__Output as _bombyx_v1_PaymentStatus__Output } from './bombyx/v1/PaymentStatus.ts';
import type { PaymentsClient as _bombyx_v1_PaymentsClient, PaymentsDefinition as _bombyx_v1_PaymentsDefinition } from './bombyx/v1/Payments.ts';
import type { ReceiptName as _bombyx_v1_ReceiptName, ReceiptName__Output as _bombyx_v1_ReceiptName__Output } from './bombyx/v1/ReceiptName.ts';
import type { StoreUsageRequest as _bombyx_v1_StoreUsageRequest, StoreUsageRequest__Output as _bombyx_v1_StoreUsageRequest__Output } from './bombyx/v1/StoreUsageRequest.ts';
import type { StoreUsageResponse as _bombyx_v1_StoreUsageResponse, StoreUsageResponse__Output as _bombyx_v1_StoreUsageResponse__Output } from './bombyx/v1/StoreUsageResponse.ts';
import type { StoreVoucherResponse as _bombyx_v1_StoreVoucherResponse, StoreVoucherResponse__Output as _bombyx_v1_StoreVoucherResponse__Output } from './bombyx/v1/StoreVoucherResponse.ts';
import type { StoredVoucher as _bombyx_v1_StoredVoucher, StoredVoucher__Output as _bombyx_v1_StoredVoucher__Output } from './bombyx/v1/StoredVoucher.ts';
import type { UsageProgress as _bombyx_v1_UsageProgress, UsageProgress__Output as _bombyx_v1_UsageProgress__Output } from './bombyx/v1/UsageProgress.ts';
import type { UsageRefusal as _bombyx_v1_UsageRefusal, UsageRefusal__Output as _bombyx_v1_UsageRefusal__Output } from './bombyx/v1/UsageRefusal.ts';
import type { UsageStatement as _bombyx_v1_UsageStatement, UsageStatement__Output as _bombyx_v1_UsageStatement__Output } from './bombyx/v1/UsageStatement.ts';
import type { VoucherMessage as _bombyx_v1_VoucherMessage, VoucherMessage__Output as _bombyx_v1_VoucherMessage__Output } from './bombyx/v1/VoucherMessage.ts';
import type { VouchersClient as _bombyx_v1_VouchersClient, VouchersDefinition as _bombyx_v1_VouchersDefinition } from './bombyx/v1/Vouchers.ts';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  bombyx: {
    v1: {
      CoveredStatement: MessageTypeDefinition<_bombyx_v1_CoveredStatement, _bombyx_v1_CoveredStatement__Output>
      FindStatementsRequest: MessageTypeDefinition<_bombyx_v1_FindStatementsRequest, _bombyx_v1_FindStatementsRequest__Output>
      FindStatementsResponse: MessageTypeDefinition<_bombyx_v1_FindStatementsResponse, _bombyx_v1_FindStatementsResponse__Output>
      GiveVoucherRequest: MessageTypeDefinition<_bombyx_v1_GiveVoucherRequest, _bombyx_v1_GiveVoucherRequest__Output>
      ListVouchersRequest: MessageTypeDefinition<_bombyx_v1_ListVouchersRequest, _bombyx_v1_ListVouchersRequest__Output>
      ListVouchersResponse: MessageTypeDefinition<_bombyx_v1_ListVouchersResponse, _bombyx_v1_ListVouchersResponse__Output>
      /**
       * Stores the usage statements that hosts sign. Relays deliver; statements prove themselves, so who delivers is no matter.
       */
      Metering: SubtypeConstructor<typeof grpc.Client, _bombyx_v1_MeteringClient> & { service: _bombyx_v1_MeteringDefinition }
      PaymentStatus: MessageTypeDefinition<_bombyx_v1_PaymentStatus, _bombyx_v1_PaymentStatus__Output>
      /**
       * At a relay, for clients: pays the host of a session. Authorised as Relay is.
       */
      Payments: SubtypeConstructor<typeof grpc.Client, _bombyx_v1_PaymentsClient> & { service: _bombyx_v1_PaymentsDefinition }
      ReceiptName: MessageTypeDefinition<_bombyx_v1_ReceiptName, _bombyx_v1_ReceiptName__Output>
      StoreUsageRequest: MessageTypeDefinition<_bombyx_v1_StoreUsageRequest, _bombyx_v1_StoreUsageRequest__Output>
      StoreUsageResponse: MessageTypeDefinition<_bombyx_v1_StoreUsageResponse, _bombyx_v1_StoreUsageResponse__Output>
      StoreVoucherResponse: MessageTypeDefinition<_bombyx_v1_StoreVoucherResponse, _bombyx_v1_StoreVoucherResponse__Output>
      StoredVoucher: MessageTypeDefinition<_bombyx_v1_StoredVoucher, _bombyx_v1_StoredVoucher__Output>
      UsageProgress: MessageTypeDefinition<_bombyx_v1_UsageProgress, _bombyx_v1_UsageProgress__Output>
      UsageRefusal: MessageTypeDefinition<_bombyx_v1_UsageRefusal, _bombyx_v1_UsageRefusal__Output>
      UsageStatement: MessageTypeDefinition<_bombyx_v1_UsageStatement, _bombyx_v1_UsageStatement__Output>
      VoucherMessage: MessageTypeDefinition<_bombyx_v1_VoucherMessage, _bombyx_v1_VoucherMessage__Output>
      /**
       * At the market. Vouchers prove themselves; relays deliver them, payees and relays ask for them.
       */
      Vouchers: SubtypeConstructor<typeof grpc.Client, _bombyx_v1_VouchersClient> & { service: _bombyx_v1_VouchersDefinition }
    }
  }
}

