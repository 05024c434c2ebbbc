'use strict';

const express = require('express');
const helmet = require('helmet');
const morgan = require('morgan');
const session = require('express-session');
const path = require('path');
const { Pool } = require('pg');

const app = express();
const port = Number(process.env.PORT || 4000);

const pool = new Pool({
  connectionString: process.env.DATABASE_URL || 'postgres://app:app@localhost/app',
  max: 10,
  idleTimeoutMillis: 30000,
});

app.use(helmet({ contentSecurityPolicy: false }));
app.use(morgan('tiny'));
app.use(express.json({ limit: '1mb' }));
app.use(express.urlencoded({ extended: true }));
app.use(
  session({
    secret: process.env.SESSION_SECRET || 'keyboard cat',
    resave: false,
    saveUninitialized: false,
    cookie: { maxAge: 7 * 24 * 3600 * 1000 },
  }),
);

const stripe = require('stripe')(process.env.STRIPE_SECRET_KEY || 'sk_test_placeholder');

function requireUser(req, res, next) {
  if (!req.session.userId) {
    return res.status(401).json({ error: 'not signed in' });
  }
  next();
}

async function query(sql, values) {
  const started = Date.now();
  try {
    const result = await pool.query(sql, values);
    return result.rows;
  } finally {
    console.debug('query took %d ms', Date.now() - started);
  }
}

@@CONTEXT@@

app.get('/health', (req, res) => {
  res.json({ ok: true, uptime: process.uptime() });
});

app.post('/login', async (req, res) => {
  const { email, password } = req.body;
  const [user] = await query('SELECT id, password_hash FROM users WHERE email = $1', [email]);
  if (!user || !(await verify(password, user.password_hash))) {
    return res.status(403).json({ error: 'wrong email or password' });
  }
  req.session.userId = user.id;
  res.json({ id: user.id });
});

app.post('/logout', (req, res) => {
  req.session.destroy(() => res.status(204).end());
});

app.get('/orders', requireUser, async (req, res) => {
  const rows = await query(
    'SELECT id, total, status, created_at FROM orders WHERE user_id = $1 ORDER BY created_at DESC LIMIT 50',
    [req.session.userId],
  );
  res.json(rows);
});

app.post('/checkout', requireUser, async (req, res) => {
  const { items } = req.body;
  if (!Array.isArray(items) || items.length === 0) {
    return res.status(400).json({ error: 'empty basket' });
  }
  const amount = items.reduce((sum, item) => sum + item.price * item.quantity, 0);
  const intent = await stripe.paymentIntents.create({ amount, currency: 'eur' });
  await query('INSERT INTO orders (user_id, total, status) VALUES ($1, $2, $3)', [
    req.session.userId,
    amount,
    'pending',
  ]);
  res.json({ clientSecret: intent.client_secret });
});

app.use(express.static(path.join(__dirname, 'public')));

app.use((err, req, res, next) => {
  console.error(err);
  res.status(500).json({ error: 'internal' });
});

app.listen(port, () => {
  console.log(`listening on http://localhost:${port}`);
});
