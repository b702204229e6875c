// SPDX-License-Identifier: Apache-2.0
// Contracts of the tests and of the demo: tokens, and contracts that move ETH in ways that wallets do not.
// `node scripts/nodes/compile.mjs` compiles them into contracts.json, which is committed.
pragma solidity 0.8.37;

/// A token whose owner may make more of it. It answers calls with true, as most do.
contract TestToken {
    string public name;
    string public symbol;
    uint8 public immutable decimals;
    address public immutable owner;
    uint256 public totalSupply;
    mapping(address => uint256) public balanceOf;
    mapping(address => mapping(address => uint256)) public allowance;

    event Transfer(address indexed from, address indexed to, uint256 value);
    event Approval(address indexed owner, address indexed spender, uint256 value);

    constructor(string memory name_, string memory symbol_, uint8 decimals_) {
        name = name_;
        symbol = symbol_;
        decimals = decimals_;
        owner = msg.sender;
    }

    function mint(address to, uint256 value) external {
        require(msg.sender == owner, "only the owner");
        totalSupply += value;
        balanceOf[to] += value;
        emit Transfer(address(0), to, value);
    }

    function approve(address spender, uint256 value) external returns (bool) {
        allowance[msg.sender][spender] = value;
        emit Approval(msg.sender, spender, value);
        return true;
    }

    function transfer(address to, uint256 value) external returns (bool) {
        move(msg.sender, to, value);
        return true;
    }

    function transferFrom(address from, address to, uint256 value) external returns (bool) {
        allowance[from][msg.sender] -= value;
        move(from, to, value);
        return true;
    }

    /// One transaction, a log for each.
    function payMany(address[] calldata to, uint256[] calldata values) external {
        for (uint256 i = 0; i < to.length; i++) {
            move(msg.sender, to[i], values[i]);
        }
    }

    function move(address from, address to, uint256 value) private {
        require(balanceOf[from] >= value, "too little");
        balanceOf[from] -= value;
        balanceOf[to] += value;
        emit Transfer(from, to, value);
    }
}

/// A token that answers nothing, as USDT does on Ethereum, and that can be frozen for an address.
contract SilentToken {
    string public name = "Silent";
    string public symbol = "USDT";
    uint8 public constant decimals = 6;
    address public immutable owner = msg.sender;
    uint256 public totalSupply;
    mapping(address => uint256) public balanceOf;
    mapping(address => bool) public isFrozen;

    event Transfer(address indexed from, address indexed to, uint256 value);

    function mint(address to, uint256 value) external {
        require(msg.sender == owner, "only the owner");
        totalSupply += value;
        balanceOf[to] += value;
        emit Transfer(address(0), to, value);
    }

    function freeze(address whom, bool frozen) external {
        require(msg.sender == owner, "only the owner");
        isFrozen[whom] = frozen;
    }

    function transfer(address to, uint256 value) external {
        require(!isFrozen[msg.sender] && !isFrozen[to], "frozen");
        require(balanceOf[msg.sender] >= value, "too little");
        balanceOf[msg.sender] -= value;
        balanceOf[to] += value;
        emit Transfer(msg.sender, to, value);
    }
}

/// A token that does as its issuer likes: it takes a fee of every transfer, or answers no and moves nothing.
contract MoodyToken {
    uint8 public constant decimals = 6;
    address public immutable owner = msg.sender;
    uint256 public fee;
    bool public isClosed;
    mapping(address => uint256) public balanceOf;

    event Transfer(address indexed from, address indexed to, uint256 value);

    function mint(address to, uint256 value) external {
        require(msg.sender == owner, "only the owner");
        balanceOf[to] += value;
        emit Transfer(address(0), to, value);
    }

    function change(uint256 fee_, bool isClosed_) external {
        require(msg.sender == owner, "only the owner");
        fee = fee_;
        isClosed = isClosed_;
    }

    function transfer(address to, uint256 value) external returns (bool) {
        if (isClosed) {
            return false;
        }
        require(balanceOf[msg.sender] >= value, "too little");
        balanceOf[msg.sender] -= value;
        balanceOf[to] += value - fee;
        emit Transfer(msg.sender, to, value - fee);
        if (fee > 0) {
            balanceOf[owner] += fee;
            emit Transfer(msg.sender, owner, fee);
        }
        return true;
    }
}

/// Passes ETH on by calls inside its own.
contract Forwarder {
    receive() external payable {}

    function forward(address payable to) external payable {
        send(to, msg.value);
    }

    function forwardMany(address payable[] calldata to, uint256[] calldata values) external payable {
        for (uint256 i = 0; i < to.length; i++) {
            send(to[i], values[i]);
        }
    }

    /// The transaction goes through, and nothing arrives: the call that sends is undone.
    function forwardInVain(address payable to) external payable {
        try this.forwardAndFail{value: msg.value}(to) {} catch {}
    }

    function forwardAndFail(address payable to) external payable {
        send(to, msg.value);
        revert("undone");
    }

    function send(address payable to, uint256 value) private {
        (bool done,) = to.call{value: value}("");
        require(done, "refused");
    }
}

/// Takes no ETH.
contract Refuser {
    receive() external payable {
        revert("no ETH here");
    }
}

/// Passes on at once whatever it is paid, as wallets made of code may.
contract Relay {
    address payable immutable to;

    constructor(address payable to_) {
        to = to_;
    }

    receive() external payable {
        (bool done,) = to.call{value: msg.value}("");
        require(done, "refused");
    }
}

/// Calls itself so many times before it sends.
contract Deep {
    function dive(uint256 depth, address payable to) external payable {
        if (depth > 0) {
            this.dive{value: msg.value}(depth - 1, to);
            return;
        }
        (bool done,) = to.call{value: msg.value}("");
        require(done, "refused");
    }
}
