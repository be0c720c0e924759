// Original file: bombyx/v1/payment.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { ListVouchersRequest as _bombyx_v1_ListVouchersRequest, ListVouchersRequest__Output as _bombyx_v1_ListVouchersRequest__Output } from '../../bombyx/v1/ListVouchersRequest.ts';
import type { ListVouchersResponse as _bombyx_v1_ListVouchersResponse, ListVouchersResponse__Output as _bombyx_v1_ListVouchersResponse__Output } from '../../bombyx/v1/ListVouchersResponse.ts';
import type { StoreVoucherResponse as _bombyx_v1_StoreVoucherResponse, StoreVoucherResponse__Output as _bombyx_v1_StoreVoucherResponse__Output } from '../../bombyx/v1/StoreVoucherResponse.ts';
import type { VoucherMessage as _bombyx_v1_VoucherMessage, VoucherMessage__Output as _bombyx_v1_VoucherMessage__Output } from '../../bombyx/v1/VoucherMessage.ts';

/**
 * At the market. Vouchers prove themselves; relays deliver them, payees and relays ask for them.
 */
export interface VouchersClient extends grpc.Client {
  /**
   * The best vouchers of one escrow, for one payee, or of one for the other: by each of the escrow's keys.
   */
  ListVouchers(argument: _bombyx_v1_ListVouchersRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_ListVouchersResponse__Output>): grpc.ClientUnaryCall;
  ListVouchers(argument: _bombyx_v1_ListVouchersRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_bombyx_v1_ListVouchersResponse__Output>): grpc.ClientUnaryCall;
  ListVouchers(argument: _bombyx_v1_ListVouchersRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_ListVouchersResponse__Output>): grpc.ClientUnaryCall;
  ListVouchers(argument: _bombyx_v1_ListVouchersRequest, callback: grpc.requestCallback<_bombyx_v1_ListVouchersResponse__Output>): grpc.ClientUnaryCall;
  /**
   * The best vouchers of one escrow, for one payee, or of one for the other: by each of the escrow's keys.
   */
  listVouchers(argument: _bombyx_v1_ListVouchersRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_ListVouchersResponse__Output>): grpc.ClientUnaryCall;
  listVouchers(argument: _bombyx_v1_ListVouchersRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_bombyx_v1_ListVouchersResponse__Output>): grpc.ClientUnaryCall;
  listVouchers(argument: _bombyx_v1_ListVouchersRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_ListVouchersResponse__Output>): grpc.ClientUnaryCall;
  listVouchers(argument: _bombyx_v1_ListVouchersRequest, callback: grpc.requestCallback<_bombyx_v1_ListVouchersResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * Keeps the best voucher of each escrow and payee. UNPAID: it is not signed by the escrow's key, or no escrow is there.
   */
  StoreVoucher(argument: _bombyx_v1_VoucherMessage, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_StoreVoucherResponse__Output>): grpc.ClientUnaryCall;
  StoreVoucher(argument: _bombyx_v1_VoucherMessage, metadata: grpc.Metadata, callback: grpc.requestCallback<_bombyx_v1_StoreVoucherResponse__Output>): grpc.ClientUnaryCall;
  StoreVoucher(argument: _bombyx_v1_VoucherMessage, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_StoreVoucherResponse__Output>): grpc.ClientUnaryCall;
  StoreVoucher(argument: _bombyx_v1_VoucherMessage, callback: grpc.requestCallback<_bombyx_v1_StoreVoucherResponse__Output>): grpc.ClientUnaryCall;
  /**
   * Keeps the best voucher of each escrow and payee. UNPAID: it is not signed by the escrow's key, or no escrow is there.
   */
  storeVoucher(argument: _bombyx_v1_VoucherMessage, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_StoreVoucherResponse__Output>): grpc.ClientUnaryCall;
  storeVoucher(argument: _bombyx_v1_VoucherMessage, metadata: grpc.Metadata, callback: grpc.requestCallback<_bombyx_v1_StoreVoucherResponse__Output>): grpc.ClientUnaryCall;
  storeVoucher(argument: _bombyx_v1_VoucherMessage, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_StoreVoucherResponse__Output>): grpc.ClientUnaryCall;
  storeVoucher(argument: _bombyx_v1_VoucherMessage, callback: grpc.requestCallback<_bombyx_v1_StoreVoucherResponse__Output>): grpc.ClientUnaryCall;
  
}

/**
 * At the market. Vouchers prove themselves; relays deliver them, payees and relays ask for them.
 */
export interface VouchersHandlers extends grpc.UntypedServiceImplementation {
  /**
   * The best vouchers of one escrow, for one payee, or of one for the other: by each of the escrow's keys.
   */
  ListVouchers: grpc.handleUnaryCall<_bombyx_v1_ListVouchersRequest__Output, _bombyx_v1_ListVouchersResponse>;
  
  /**
   * Keeps the best voucher of each escrow and payee. UNPAID: it is not signed by the escrow's key, or no escrow is there.
   */
  StoreVoucher: grpc.handleUnaryCall<_bombyx_v1_VoucherMessage__Output, _bombyx_v1_StoreVoucherResponse>;
  
}

export interface VouchersDefinition extends grpc.ServiceDefinition {
  ListVouchers: MethodDefinition<_bombyx_v1_ListVouchersRequest, _bombyx_v1_ListVouchersResponse, _bombyx_v1_ListVouchersRequest__Output, _bombyx_v1_ListVouchersResponse__Output>
  StoreVoucher: MethodDefinition<_bombyx_v1_VoucherMessage, _bombyx_v1_StoreVoucherResponse, _bombyx_v1_VoucherMessage__Output, _bombyx_v1_StoreVoucherResponse__Output>
}
