// What bottender runs for each event.
module.exports = async function App() {};
