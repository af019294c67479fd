def test_a_member_signs_in_and_out(sign_in, bea):
    browser = sign_in(bea)
    assert "Nothing waits for you today, Bea" in browser.get("/").text
    assert browser.post("/sign-out").location == "/sign-in"
    assert "Nothing waits for you" not in browser.get("/").text
