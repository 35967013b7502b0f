using SyncModule.Engine.Profiles;
using SyncModule.Engine.Tests.Storage.Tables;

namespace SyncModule.Engine.Tests.Profiles;

public sealed class KnownVaultsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly KnownVaults _vaults;

    public KnownVaultsTests() => _vaults = new(_folder.File("config"));

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_list_that_was_never_written_is_empty_and_reading_makes_nothing()
    {
        Assert.Equal([], _vaults.List());
        Assert.Null(_vaults.Default);
        Assert.False(Directory.Exists(_folder.File("config")));
    }

    [Fact]
    public void The_first_vault_is_the_default_until_another_is_made_it()
    {
        _vaults.Add("home", _folder.File("a"));
        _vaults.Add("work", _folder.File("b"), _folder.File("work.key"));
        Assert.Equal("home", _vaults.Default!.Name);
        _vaults.Update("WORK", makeDefault: true);
        Assert.Equal("work", _vaults.Default!.Name);
        Assert.Equal(_folder.File("work.key"), _vaults.Default.KeyFile);
        Assert.Single(_vaults.List(), v => v.IsDefault);
    }

    [Fact]
    public void Names_are_unique_without_regard_to_case()
    {
        _vaults.Add("home", _folder.File("a"));
        Assert.Equal("home", _vaults.Add("HOME", _folder.File("a")).Name);
        Assert.Equal("VaultNameTaken", Assert.Throws<SyncException>(() => _vaults.Add("Home", _folder.File("b"))).ErrorId);
        _vaults.Add("work", _folder.File("b"));
        Assert.Equal("VaultNameTaken", Assert.Throws<SyncException>(() => _vaults.Update("work", newName: "HOME")).ErrorId);
        Assert.Equal(2, _vaults.List().Count);
    }

    [Theory]
    [InlineData("")]
    [InlineData(".hidden")]
    [InlineData("a/b")]
    [InlineData("a b")]
    [InlineData("*")]
    public void A_name_that_could_be_a_path_or_a_pattern_is_refused(string name) =>
        Assert.Equal("VaultNameInvalid", Assert.Throws<SyncException>(() => _vaults.Add(name, _folder.File("a"))).ErrorId);

    [Fact]
    public void Forgetting_a_name_leaves_the_others()
    {
        _vaults.Add("home", _folder.File("a"));
        _vaults.Add("work", _folder.File("b"));
        Assert.True(_vaults.Remove("HOME"));
        Assert.False(_vaults.Remove("home"));
        Assert.Equal(["work"], _vaults.List().Select(v => v.Name));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("[1,2]")]
    [InlineData("""{"format":2,"vaults":[]}""")]
    [InlineData("""{"format":1,"vaults":[{"name":"x","path":"relative"}]}""")]
    [InlineData("""{"format":1,"vaults":[null]}""")]
    [InlineData("""{"format":"1","vaults":[]}""")]
    [InlineData("""{"format":1.5,"vaults":[]}""")]
    [InlineData("""{"format":1,"vaults":{}}""")]
    [InlineData("""{"format":1,"vaults":[{"name":"x","path":"/a","isDefault":"yes"}]}""")]
    [InlineData("""{"format":1,"vaults":[{"name":"x","path":"/a","keyFile":7}]}""")]
    [InlineData("""{"format":1,"vaults":[{"path":"/a"}]}""")]
    [InlineData("""{"format":1,"vaults":[]""")]
    public void A_damaged_list_is_named_and_never_overwritten(string text)
    {
        _vaults.Add("home", _folder.File("a"));
        string file = Path.Combine(_folder.File("config"), "vaults.json");
        File.WriteAllText(file, text);
        Assert.Equal("VaultListDamaged", Assert.Throws<SyncException>(() => _vaults.List()).ErrorId);
        Assert.Equal("VaultListDamaged", Assert.Throws<SyncException>(() => _vaults.Add("work", _folder.File("b"))).ErrorId);
        Assert.Equal(text, File.ReadAllText(file));
    }

    [Fact]
    public void The_file_is_its_owners_alone()
    {
        if (OperatingSystem.IsWindows()) return;
        _vaults.Add("home", _folder.File("a"));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(_folder.File("config"), "vaults.json")));
    }

    [Fact]
    public void Changes_at_once_lose_nothing()
    {
        Parallel.For(0, 24, new ParallelOptions { MaxDegreeOfParallelism = 8 }, i => new KnownVaults(_folder.File("config")).Add($"v{i}", _folder.File($"f{i}")));
        Assert.Equal(24, _vaults.List().Count);
        Assert.Single(_vaults.List(), v => v.IsDefault);
    }
}
