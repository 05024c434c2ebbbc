package com.example.shop.order;

import java.math.BigDecimal;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Service;
import org.springframework.transaction.annotation.Transactional;

/** Places, pays and cancels orders. */
@Service
public class OrderService {

    private static final Logger log = LoggerFactory.getLogger(OrderService.class);
    private static final int MAX_LINES = 100;
    private static final BigDecimal FREE_SHIPPING = new BigDecimal("49.00");

    private final OrderRepository orders;
    private final StockClient stock;
    private final PaymentGateway payments;
    private final Clock clock;

    public OrderService(OrderRepository orders, StockClient stock, PaymentGateway payments, Clock clock) {
        this.orders = orders;
        this.stock = stock;
        this.payments = payments;
        this.clock = clock;
    }

    @Transactional
    public Order place(UUID customer, List<OrderLine> lines) {
        if (lines.isEmpty() || lines.size() > MAX_LINES) {
            throw new IllegalArgumentException("an order has 1 to " + MAX_LINES + " lines");
        }
        for (OrderLine line : lines) {
            if (!stock.reserve(line.sku(), line.quantity())) {
                throw new OutOfStockException(line.sku());
            }
        }
        Order order = new Order(UUID.randomUUID(), customer, List.copyOf(lines), Instant.now(clock));
        log.info("placed order {} with {} lines", order.id(), lines.size());
        return orders.save(order);
    }

@@CONTEXT@@

    @Transactional
    public Order pay(UUID id, String cardToken) {
        Order order = orders.findById(id).orElseThrow(() -> new OrderNotFoundException(id));
        if (order.paid()) {
            return order;
        }
        Receipt receipt = payments.charge(cardToken, total(order), order.id().toString());
        log.info("paid order {} with receipt {}", id, receipt.number());
        return orders.save(order.withReceipt(receipt));
    }

    @Transactional
    public void cancel(UUID id) {
        Order order = orders.findById(id).orElseThrow(() -> new OrderNotFoundException(id));
        List<String> released = new ArrayList<>();
        for (OrderLine line : order.lines()) {
            stock.release(line.sku(), line.quantity());
            released.add(line.sku());
        }
        if (order.paid()) {
            payments.refund(order.receipt());
        }
        orders.delete(order);
        log.info("cancelled order {}, released {}", id, released);
    }

    public Optional<Order> find(UUID id) {
        return orders.findById(id);
    }

    BigDecimal total(Order order) {
        BigDecimal sum = BigDecimal.ZERO;
        for (OrderLine line : order.lines()) {
            sum = sum.add(line.price().multiply(BigDecimal.valueOf(line.quantity())));
        }
        return sum.compareTo(FREE_SHIPPING) >= 0 ? sum : sum.add(new BigDecimal("4.90"));
    }
}
