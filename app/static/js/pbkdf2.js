// The worker that tries the keys of a challenge, apart from the page.
import "altcha/workers/pbkdf2";
