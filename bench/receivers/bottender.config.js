// Bottender's own settings: no storing, no waiting, a session in memory.
module.exports = {
  session: { driver: "memory", stores: { memory: { maxSize: 500 } } },
  channels: {
    messenger: {
      enabled: true, path: "/webhooks/meta", sync: false, pageId: "1784000000001", accessToken: "t", appId: "1",
      appSecret: process.env.META_APP_SECRET, verifyToken: "v",
    },
  },
};
