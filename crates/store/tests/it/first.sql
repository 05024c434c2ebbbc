-- What the first version left: one incident, taken up and contained. Not to be
-- changed: databases in the field look like this.
INSERT INTO incidents VALUES (1, 'lw1_0643d529d4a0af4cbbfcf86b1e48bb17', 'acme-api-key', 'abcd…wxyz', 2,
  'unchecked', 'contained', 0, 'ann', 1700086400, 1700000000, 1700000030, NULL, 1700000000,
  '/srv/it''s/.env:3', 1);
INSERT INTO cases VALUES (1, '{"v":1,"is":[]}',
  '{"v":1,"is":[{"kind":"binding","weight":2.299999952316284,"why":"bound to ACME_KEY"}]}',
  '{"v":1,"is":{"level":"high","why":["it bills"]}}',
  '{"v":1,"is":{"validity":"unchecked","why":"","checked_at":null,"evidence":[]}}', NULL, NULL);
INSERT INTO locations VALUES (1, '5b0c1f1f5b0c1f1f5b0c1f1f5b0c1f1f', 0, 'file', '/srv/it''s/.env', 0, NULL,
  '{"v":1,"is":{"from":{"file":{"path":"/srv/it''s/.env","tracking":"tracked"}},"span":[40,72],"start":[3,9],"end":[3,41],"excerpt":"ACME_KEY=abcd…wxyz","mark":[9,20]}}');
INSERT INTO steps VALUES (1, 'revoke', 'done', 'revoked in the console', 'ann', 1700000020);
INSERT INTO events VALUES (1, 1, 1700000000, 'scan', 'opened', 'found in 1 place: /srv/it''s/.env:3',
  '{"dossier":"acme-api-key","due":"1700086400","fingerprint":"lw1_0643d529d4a0af4cbbfcf86b1e48bb17","place":"/srv/it''s/.env:3","places":"1","severity":"high","targets":""}',
  'd2aa8da15f8ad3c4f9cd9e3560389e066075bc102dec48034b60294b94d8e273');
INSERT INTO events VALUES (2, 1, 1700000010, 'ann', 'assigned', 'taken',
  '{"owner":"ann"}',
  '633b8e7536d2d0a7d46549169c307d2cfedd45373ecea84b11229bf7bf6ec5a3');
INSERT INTO events VALUES (3, 1, 1700000020, 'ann', 'step', 'revoked in the console',
  '{"progress":"done","step":"revoke"}',
  '0ae94078f6c2e5e24463e3d9363de1acc5b25c1c96eecf8c90b3a508a342273c');
INSERT INTO events VALUES (4, 1, 1700000030, 'ann', 'moved', 'contained: the provider refuses it',
  '{"from":"open","to":"contained"}',
  '254129ae3ec962d5feea534f88eeaf568803528821e154f3f96c287fee9ad58e');
UPDATE head SET sequence = 4, hash = '254129ae3ec962d5feea534f88eeaf568803528821e154f3f96c287fee9ad58e', incidents = 1;
CREATE TABLE leeward_schema (version BIGINT PRIMARY KEY, name TEXT NOT NULL);
INSERT INTO leeward_schema VALUES (1, 'state');
